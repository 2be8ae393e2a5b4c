import { encodeGoJson } from "../oci/go_json.ts";

/** A member's name, and its value as JSON text; a member without a value is left out. */
export type GoMember = readonly [name: string, json: string | undefined];

/** Writes an object as Go writes a struct: its members in the order given. */
export function formatGoStruct(members: Iterable<GoMember>): string {
  const texts: string[] = [];
  for (const [name, json] of members) {
    if (json !== undefined) texts.push(`${encodeGoJson(name)}:${json}`);
  }
  return `{${texts.join(",")}}`;
}

/** Writes an object as Go writes a map: its members sorted by name, numbers among them as text. */
export function formatGoMap(members: Iterable<GoMember>): string {
  return formatGoStruct([...members].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
}

/** Writes text as Go writes it where empty text is left out. */
export function formatGoText(text: unknown): string | undefined {
  return typeof text === "string" && text !== "" ? encodeGoJson(text) : undefined;
}
