import type { JsonMember, JsonScanner, JsonSpan } from "./json_scanner.ts";

/** How a document is laid out, so that what is added looks like what is there. */
export interface JsonStyle {
  /** The white space of one level, such as two spaces; `undefined` in a document of one line. */
  readonly unit: string | undefined;
  /** The line break, of a document that has several lines. */
  readonly newline: string;
  /** What stands between a name and its value. */
  readonly colon: string;
}

/** Finds the style of a document by the first member of its root. */
export function styleOf(text: string, root: JsonSpan, scanner: JsonScanner): JsonStyle {
  const first = isContainer(text, root) ? scanner.members(root.start)[0] : undefined;
  if (first === undefined) return { unit: undefined, newline: "\n", colon: ":" };
  const gap = gapBefore(text, first.start);
  const newline = gap.includes("\r\n") ? "\r\n" : "\n";
  const unit = gap.includes("\n") ? gap.slice(gap.lastIndexOf("\n") + 1) : undefined;
  return { unit, newline, colon: colonOf(text, first, ":") };
}

/** Says whether a value is an object or an array. */
export function isContainer(text: string, { start }: JsonSpan): boolean {
  return text[start] === "{" || text[start] === "[";
}

/** What stands between a member's name and its value; an item of an array has `otherwise`. */
export function colonOf(text: string, member: JsonMember, otherwise: string): string {
  return member.name === undefined ? otherwise : text.slice(member.nameEnd, member.value.start);
}

/** The white space that a member gets which follows the last of `members`. */
export function gapAfter(text: string, members: readonly JsonMember[], style: JsonStyle): string {
  const last = members.at(-1);
  const gap = last === undefined ? "" : gapBefore(text, last.start);
  const isOnlyOfLine = members.length < 2 && !gap.includes("\n");
  return isOnlyOfLine ? style.colon.slice(style.colon.indexOf(":") + 1) : gap;
}

/** The white space that leads to an offset. */
function gapBefore(text: string, offset: number): string {
  let start = offset;
  while (start > 0 && " \n\r\t".includes(text.charAt(start - 1))) start--;
  return text.slice(start, offset);
}

/** The white space that the line of an offset begins with. */
export function indentAt(text: string, offset: number): string {
  const line = text.slice(text.lastIndexOf("\n", offset - 1) + 1, offset);
  return line.slice(0, line.length - line.trimStart().length);
}

/**
 * Writes a value as JSON: on one line, or over several when it stands on a line of its own.
 *
 * @param gap The white space before the value's member.
 * @throws {TypeError} For what JSON cannot hold.
 */
export function writeJson(value: unknown, gap: string, style: JsonStyle): string {
  const ownLine = gap.includes("\n") && style.unit !== undefined;
  const text: string | undefined = JSON.stringify(value, refuseNonFinite, ownLine ? style.unit : 0);
  if (text === undefined) throw new TypeError(`Cannot write ${typeof value} as JSON`);
  const indent = gap.slice(gap.lastIndexOf("\n") + 1);
  return ownLine ? text.replaceAll("\n", style.newline + indent) : text;
}

function refuseNonFinite(_name: string, value: unknown): unknown {
  if (typeof value !== "number" || Number.isFinite(value)) return value;
  throw new TypeError(`Cannot write ${value} as JSON: expected a finite number`);
}
