import { z } from "zod";
import { isRegExp, isSemverRange } from "./filters.ts";
import { isLocation, isPlatform, isRegistryName, isRepositoryName, isUnder } from "./names.ts";
import type { SyncSpec } from "./sync_spec.ts";

const pattern = z.string().refine(isRegExp, "expected a regular expression");
const patterns = z.union([pattern, z.array(pattern)]);
const nameFilter = {
  match: patterns.optional().describe("Regular expressions of which one has to be found"),
  except: patterns.optional().describe("Regular expressions of which none may be found"),
};
const tags = z.strictObject({
  ...nameFilter,
  semver: z.string().refine(isSemverRange, 'expected a range of versions, such as ">=1.2 <3"')
    .optional().describe("A range of versions, as of npm"),
  latest: z.int().min(1).optional().describe("Only so many versions, the highest first"),
}).describe("Which tags");
const repositories = z.strictObject(nameFilter).describe("Which repositories");

const platform = z.string().refine(isPlatform, 'expected a platform, such as "linux/arm64"');
const options = {
  platforms: z.array(platform).min(1).optional().describe("Platforms of an index to copy"),
  referrers: z.boolean().optional().describe("Copy what is about the images too"),
};
const deletes = {
  delete: z.boolean().optional().describe("Delete tags at the destination that are not meant"),
};
const place = z.string().refine(isLocation, "expected an image, or a place such as oci:DIR:TAG");
const store = z.string().refine(
  (text) => isRepositoryName(text) || /^oci:[^:]+$/.test(text),
  "expected a repository without a tag, or oci:DIR",
);

const image = z.strictObject({ image: place, to: place, ...options });
const repository = z.strictObject({
  repository: z.string().refine(isRepositoryName, "expected a repository without a tag"),
  to: store,
  tags: tags.optional(),
  ...deletes,
  ...options,
});
const registry = z.strictObject({
  registry: z.string().refine(isRegistryName, "expected HOST[:PORT]"),
  to: z.string().refine(isUnder, "expected HOST[:PORT][/PATH]"),
  repositories: repositories.optional(),
  tags: tags.optional(),
  ...deletes,
  ...options,
});

const ENTRY_KINDS = { image, repository, registry };

const sync = z.strictObject({
  defaults: z.strictObject({ ...options, ...deletes }).optional(),
  sync: z.array(z.union(Object.values(ENTRY_KINDS))),
}).describe("What davit keeps in step");

/** The schema of a sync file. */
export const syncSchema: z.ZodType<SyncSpec> = sync as z.ZodType<SyncSpec>;

/** The kinds of entry there are, for messages. */
export const ENTRY_KEYS: readonly string[] = Object.keys(ENTRY_KINDS);

/** The schema of an entry that has the given keys, so that an error speaks of the kind meant. */
export function entrySchemaFor(keys: readonly string[]): z.ZodObject | undefined {
  const kind = ENTRY_KEYS.find((key) => keys.includes(key));
  return kind === undefined ? undefined : ENTRY_KINDS[kind as keyof typeof ENTRY_KINDS];
}

/** The keys that a mapping may have. @param path The way to it. @param keys Those it has. */
export function knownKeysOf(
  path: readonly PropertyKey[],
  keys: readonly string[],
): readonly string[] {
  const last = path.at(-1);
  if (path.length === 0) return Object.keys(sync.shape);
  if (last === "defaults") return [...Object.keys(options), ...Object.keys(deletes)];
  if (last === "tags") return Object.keys(tags.shape);
  if (last === "repositories") return Object.keys(nameFilter);
  return Object.keys(entrySchemaFor(keys)?.shape ?? {});
}

/** The JSON Schema of a sync file. */
export function toJsonSchema(): Record<string, unknown> {
  return z.toJSONSchema(syncSchema);
}
