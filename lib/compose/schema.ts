import { z } from "zod";
import type { BuildSpec } from "./spec.ts";

const text = z.string().min(1);
const octal = z.string().regex(/^0?[0-7]{3,4}$/, 'expected octal permission bits such as "0644"');
const owner = z.string().regex(/^\d{1,10}:\d{1,10}$/, 'expected numbers: "UID:GID"');
const NO_PARENT = /^(?!(?:.*\/)?\.\.(?:\/|$))/;
const imagePath = text.regex(NO_PARENT, 'expected a path in the image, without ".."')
  .describe("A path in the image");

const removeLayer = z.strictObject({ remove: z.union([imagePath, z.array(imagePath).min(1)]) })
  .describe("Takes paths of the base away");
const copyLayer = z.strictObject({
  copy: text.describe("A directory or file, relative to this file"),
  to: imagePath.startsWith("/", 'expected an absolute path: "/app"').optional(),
  owner: owner.optional(),
  mode: octal.optional(),
  ignore: z.array(text).optional().describe("Lines as of a .dockerignore"),
  split: z.literal("auto").optional().describe("Several layers, by how often files change"),
}).describe("Adds a directory's contents, or one file");
const tarLayer = z.strictObject({ tar: text.describe("A tar: plain, gzip or zstd") })
  .describe("Adds a tar as it is");
const filesLayer = z.strictObject({
  files: z.record(imagePath, z.string()),
  mode: octal.optional(),
  owner: owner.optional(),
}).describe("Adds files whose content stands here");

const texts = z.array(z.string());
const map = z.record(text, z.string());
const config = z.strictObject({
  entrypoint: texts.optional(),
  cmd: texts.optional(),
  env: map.optional(),
  user: text.optional(),
  workdir: text.optional(),
  labels: map.optional(),
  ports: z.array(z.union([text, z.int().min(1).max(65535)])).optional(),
  volumes: z.array(text).optional(),
  stopSignal: text.optional(),
  author: text.optional(),
});

const LAYER_KINDS = { remove: removeLayer, copy: copyLayer, tar: tarLayer, files: filesLayer };

const build = z.strictObject({
  from: text.describe("The base: a registry name, oci:DIR, an archive, or scratch"),
  layers: z.array(z.union(Object.values(LAYER_KINDS))).optional(),
  config: config.optional(),
  annotations: map.optional(),
  platforms: z.array(text).min(1).optional(),
  tags: z.array(text).optional(),
  outputs: z.array(text).optional(),
  compression: z.enum(["gzip", "zstd", "none"]).optional(),
  level: z.int().min(1).max(9).optional(),
  created: z.union([z.iso.datetime({ offset: true }), z.int().min(0)]).optional(),
}).describe("How davit builds an image");

/** The schema of a build file, also for editors through {@linkcode buildSpecJsonSchema}. */
export const buildSpecSchema: z.ZodType<BuildSpec> = build as z.ZodType<BuildSpec>;

/** The schema of one layer that has the given keys, so that an error speaks of the layer meant. */
export function layerSchemaFor(keys: readonly string[]): z.ZodObject | undefined {
  const kind = keys.find((key) => key in LAYER_KINDS);
  return kind === undefined ? undefined : LAYER_KINDS[kind as keyof typeof LAYER_KINDS];
}

/** The keys that a mapping may have. @param path The way to it. @param keys Those it has. */
export function knownKeysOf(
  path: readonly PropertyKey[],
  keys: readonly string[],
): readonly string[] {
  const [first] = path;
  if (first === "config") return Object.keys(config.shape);
  const schema = first === "layers" ? layerSchemaFor(keys) : build;
  return Object.keys(schema?.shape ?? {});
}

/** The kinds of layer there are, for messages. */
export const LAYER_KEYS: readonly string[] = Object.keys(LAYER_KINDS);

/** The JSON Schema of a build file. */
export function buildSpecJsonSchema(): Record<string, unknown> {
  return z.toJSONSchema(buildSpecSchema);
}
