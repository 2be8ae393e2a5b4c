import { parseJson } from "../oci/json.ts";

/** A value of the config that the new base has otherwise, and the image keeps. */
export interface ConfigConflict {
  /** The field, with the name in it for variables, labels and sets: `Env.PATH`, `Cmd`. */
  readonly field: string;
  /** What the old base said; absent when nothing. */
  readonly oldBase?: unknown;
  /** What the new base says; absent when nothing. */
  readonly newBase?: unknown;
  /** What the image says and will say; absent when nothing. */
  readonly image?: unknown;
}

/** Fields whose members count one by one. */
const MAPS: ReadonlySet<string> = new Set(["Env", "Labels", "ExposedPorts", "Volumes"]);

/**
 * Finds what of a container's defaults two bases say otherwise, where an image does not say what the
 * new one does.
 *
 * @param oldBase The bytes of the config. @param newBase Likewise. @param image Likewise.
 */
export function configConflicts(
  oldBase: Uint8Array,
  newBase: Uint8Array,
  image: Uint8Array,
): readonly ConfigConflict[] {
  const [before, after, own] = [oldBase, newBase, image].map(fieldsOf);
  const names = new Set([...before?.keys() ?? [], ...after?.keys() ?? []]);
  return [...names].sort().flatMap((field) => {
    const [old, now, mine] = [before?.get(field), after?.get(field), own?.get(field)];
    if (isSame(old, now) || isSame(now, mine)) return [];
    const said = Object.entries({ oldBase: old, newBase: now, image: mine })
      .filter(([, value]) => value !== undefined);
    return [{ field, ...Object.fromEntries(said) }];
  });
}

/** The fields of `config` by name, those of maps member by member. */
function fieldsOf(bytes: Uint8Array): ReadonlyMap<string, unknown> {
  const fields = new Map<string, unknown>();
  const document = parseJson(bytes, "config");
  const { config } = (document ?? {}) as { readonly config?: Readonly<Record<string, unknown>> };
  for (const [field, value] of Object.entries(config ?? {})) {
    if (value === null) continue;
    if (!MAPS.has(field)) fields.set(field, value);
    else for (const [name, member] of membersOf(value)) fields.set(`${field}.${name}`, member);
  }
  return fields;
}

function membersOf(value: unknown): readonly (readonly [string, unknown])[] {
  if (!Array.isArray(value)) return Object.entries(value as object);
  return value.map((entry) => {
    const [name = "", ...rest] = String(entry).split("=");
    return [name, rest.join("=")];
  });
}

function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
