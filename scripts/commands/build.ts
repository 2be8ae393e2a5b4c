import { buildCommand, type Command } from "@stricli/core";
import { readBuildFile, readLock } from "../console/build_file.ts";
import { COMPRESSION_FLAGS, type CompressionFlags } from "../console/compression_flags.ts";
import { BUILD_DIRECTORY, BUILD_FILE_FLAG } from "../console/build_parameters.ts";
import type { Context } from "../console/context.ts";
import { creationTime } from "../console/creation_time.ts";
import {
  COMMON_FLAGS,
  type CommonFlags,
  JOBS_FLAG,
  SIDE_FLAGS,
  type SideFlags,
} from "../console/flags.ts";
import { Session } from "../console/session.ts";
import { userLayerCache } from "../console/user_layer_cache.ts";
import { runBuild } from "../../lib/compose/run_build.ts";
import type { BuildSpec } from "../../lib/compose/spec.ts";
import { present } from "../../lib/oci/present.ts";
import { formatLocation, parseLocation } from "../../lib/places/location.ts";
import { resolveLocation } from "../../lib/places/resolve_location.ts";

interface Flags extends CommonFlags, SideFlags, CompressionFlags {
  readonly jobs?: number;
  readonly file?: string;
  readonly tag?: readonly string[];
  readonly output?: readonly string[];
  readonly platform?: readonly string[];
  readonly schema?: boolean;
  readonly locked?: boolean;
  readonly cache?: boolean;
  readonly layers?: "auto";
}

/** `davit build` */
export const command: Command<Context> = buildCommand({
  docs: {
    brief: "Build images from a davit.yaml",
    fullDescription: `Build what a davit.yaml describes and write it to all its outputs.

  from: nginx:alpine
  layers:
    - remove: usr/share/nginx/html
    - copy: site
      to: /usr/share/nginx/html
  tags: [registry.example/site:v1]

Layers: remove, copy (to, owner, mode, ignore), tar, files. Several platforms give an index.
With "from: scratch" there is no base. Flags win over the file.`,
  },
  parameters: {
    flags: {
      file: BUILD_FILE_FLAG,
      tag: {
        kind: "parsed",
        brief: "Name of the result, instead of the file's, in registries too",
        placeholder: "NAME",
        parse: String,
        optional: true,
        variadic: true,
      },
      output: {
        kind: "parsed",
        brief: "Place to write to, instead of the file's",
        placeholder: "PLACE",
        parse: String,
        optional: true,
        variadic: true,
      },
      platform: {
        kind: "parsed",
        brief: "Platform to build for, instead of the file's",
        placeholder: "PLATFORM",
        parse: String,
        optional: true,
        variadic: ",",
      },
      locked: {
        kind: "boolean",
        brief: "Build on what the base stood for when davit.lock was written",
        optional: true,
        withNegated: false,
      },
      layers: {
        kind: "enum",
        brief: "Split directories by how often files change: dependencies, generated, sources",
        values: ["auto"],
        optional: true,
      },
      cache: {
        kind: "boolean",
        brief: "Read no layer again whose files have not changed; --no-cache reads all",
        optional: true,
      },
      schema: {
        kind: "boolean",
        brief: "Print the JSON Schema of a build file, for editors",
        optional: true,
        withNegated: false,
      },
      ...COMPRESSION_FLAGS,
      jobs: JOBS_FLAG,
      ...SIDE_FLAGS,
      ...COMMON_FLAGS,
    },
    aliases: { f: "file", t: "tag", o: "output", j: "jobs", v: "verbose" },
    positional: BUILD_DIRECTORY,
  },
  async func(this: Context, flags: Flags, directory: string): Promise<void> {
    if (flags.schema === true) return await printSchema(this);
    const { platform: _, ...sessionFlags } = flags;
    await using session = new Session(this, sessionFlags);
    const { spec: written, root } = await readBuildFile(directory, flags.file);
    const spec = { ...written, ...changesOf(flags, root, written) };
    bindPlaces(session, spec);
    const { jobs, workers } = flags;
    const cache = flags.cache === false ? undefined : userLayerCache(this.env);
    const { places, signal, output: { onEvent } } = session;
    const outputs = await runBuild(spec, {
      directory: root,
      created: creationTime(this.env).seconds,
      places,
      signal,
      onEvent,
      ...present({
        jobs,
        workers,
        cache,
        lock: flags.locked === true ? await readLock(root) : undefined,
      }),
    });
    for (const { location, names, descriptor } of outputs) {
      session.output.result(`${descriptor.digest} ${location}`, { location, names, ...descriptor });
    }
  },
});

async function printSchema(context: Context): Promise<void> {
  const { specJsonSchema } = await import("../../lib/compose/json_schema.ts");
  context.process.stdout.write(`${JSON.stringify(await specJsonSchema(), null, 2)}\n`);
}

/** Credentials of the flags are for the registries that the build names. */
function bindPlaces(session: Session, { from, tags = [], outputs = [] }: BuildSpec): void {
  if (from !== "scratch") session.bindName(from, "source");
  for (const name of [...tags, ...outputs]) session.bindName(name, "destination");
}

/** What the flags say instead of the file. */
function changesOf(flags: Flags, root: string, written: BuildSpec): Partial<BuildSpec> {
  const { tag: tags, output, platform: platforms, compression, level } = flags;
  const said = root === "." ? output : output?.map(fromHere);
  const outputs = said ?? (tags === undefined ? undefined : renamed(tags, written));
  const layers = flags.layers === undefined ? undefined : splitLayers(written);
  return present({ tags, outputs, platforms, compression, level, layers });
}

function splitLayers({ layers = [] }: BuildSpec): BuildSpec["layers"] {
  return layers.map((layer) => "copy" in layer ? { ...layer, split: "auto" } : layer);
}

/** The file's outputs with other tags: its registries' names give way, or they would be overwritten. */
function renamed(tags: readonly string[], { outputs }: BuildSpec): readonly string[] | undefined {
  const local = outputs?.filter((place) => parseLocation(place).kind !== "registry");
  return local?.length === outputs?.length ? outputs : [...tags, ...local ?? []];
}

/** Paths in the build file are relative to it, those on the command line to where one is. */
function fromHere(place: string): string {
  return formatLocation(resolveLocation(parseLocation(place), Deno.cwd()));
}
