import { buildCommand, type Command } from "@stricli/core";
import { COMPRESSION_FLAGS, type CompressionFlags } from "../console/compression_flags.ts";
import type { Context } from "../console/context.ts";
import { creationTime } from "../console/creation_time.ts";
import { COMMON_FLAGS, type CommonFlags, JOBS_FLAG } from "../console/flags.ts";
import { Session } from "../console/session.ts";
import { parseSpec } from "../../lib/compose/parse_spec.ts";
import { runBuild } from "../../lib/compose/run_build.ts";
import type { BuildSpec } from "../../lib/compose/spec.ts";
import { FileError, NotFoundError } from "../../lib/errors.ts";

interface Flags extends CommonFlags, CompressionFlags {
  readonly jobs?: number;
  readonly file?: string;
  readonly tag?: readonly string[];
  readonly output?: readonly string[];
  readonly platform?: readonly string[];
  readonly schema?: boolean;
}

const DEFAULT_FILES = ["davit.yaml", "davit.yml", "davit.json"];

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
Flags win over the file.`,
  },
  parameters: {
    flags: {
      ...COMMON_FLAGS,
      ...COMPRESSION_FLAGS,
      file: {
        kind: "parsed",
        brief: "The build file (davit.yaml unless said)",
        placeholder: "FILE",
        parse: String,
        optional: true,
      },
      tag: {
        kind: "parsed",
        brief: "Name of the result, instead of the file's",
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
        placeholder: "os/arch",
        parse: String,
        optional: true,
        variadic: ",",
      },
      jobs: JOBS_FLAG,
      schema: {
        kind: "boolean",
        brief: "Print the JSON Schema of a build file, for editors",
        optional: true,
        withNegated: false,
      },
    },
    aliases: { f: "file", t: "tag", o: "output", j: "jobs", v: "verbose" },
    positional: {
      kind: "tuple",
      parameters: [
        { brief: "Directory of the build", placeholder: "DIR", parse: String, default: "." },
      ],
    },
  },
  async func(this: Context, flags: Flags, directory: string): Promise<void> {
    if (flags.schema === true) return await printSchema(this);
    const { platform: platforms, ...sessionFlags } = flags;
    await using session = new Session(this, sessionFlags);
    const { spec, root } = await readSpec(directory, flags.file);
    const outputs = await runBuild(override(spec, flags, platforms), {
      directory: root,
      created: creationTime(this.env).seconds,
      places: session.places,
      signal: session.signal,
      onEvent: session.output.onEvent,
      ...(flags.jobs === undefined ? {} : { jobs: flags.jobs }),
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

function override(
  spec: BuildSpec,
  { tag, output, compression, level }: Flags,
  platforms: readonly string[] | undefined,
): BuildSpec {
  return {
    ...spec,
    ...(tag === undefined ? {} : { tags: tag }),
    ...(output === undefined ? {} : { outputs: output }),
    ...(platforms === undefined ? {} : { platforms }),
    ...(compression === undefined ? {} : { compression }),
    ...(level === undefined ? {} : { level }),
  };
}

async function readSpec(
  directory: string,
  file: string | undefined,
): Promise<{ readonly spec: BuildSpec; readonly root: string }> {
  const candidates = file === undefined
    ? DEFAULT_FILES.map((name) => `${directory}/${name}`)
    : [file];
  for (const path of candidates) {
    const text = await readText(path);
    if (text === undefined) continue;
    const root = file === undefined ? directory : path.slice(0, path.lastIndexOf("/") + 1) || ".";
    return { spec: await parseSpec(text, path), root: directory === "." ? root : directory };
  }
  throw new NotFoundError("build file", candidates[0] ?? "davit.yaml");
}

async function readText(path: string): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(path);
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) return undefined;
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new FileError(`Cannot read "${path}": ${message}`, path, { cause });
  }
}
