import { z } from "zod";
import { isPlace, type MirrorRule, type RegistryRule } from "./registry_rules.ts";

const place = z.string().refine((text) => isPlace(text, { wildcard: false }), {
  error: 'expected HOST[:PORT][/PATH], such as "mirror.example/hub"',
});
const prefix = z.string().refine((text) => isPlace(text, { wildcard: true }), {
  error: 'expected HOST[:PORT][/PATH] or "*.HOST", such as "docker.io"',
});

const mirror = z.strictObject({
  location: place,
  insecure: z.boolean().optional(),
  pull: z.enum(["all", "digest-only", "tag-only"]).optional(),
});

const rule = z.strictObject({
  prefix,
  location: place.optional(),
  insecure: z.boolean().optional(),
  blocked: z.boolean().optional(),
  mirrors: z.array(z.preprocess(
    (value) => typeof value === "string" ? { location: value } : value,
    mirror as z.ZodType<MirrorRule>,
  )).optional(),
});

const file = z.strictObject({ registries: z.array(rule as z.ZodType<RegistryRule>) });

/** The schema of a registries' config. */
export const registriesSchema: z.ZodType<{ readonly registries: readonly RegistryRule[] }> = file;

/** The keys that a mapping may have. @param path The way to it. */
export function knownKeysOf(path: readonly PropertyKey[]): readonly string[] {
  const { shape } = path.length === 0 ? file : path.includes("mirrors") ? mirror : rule;
  return Object.keys(shape);
}
