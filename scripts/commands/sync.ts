import { buildCommand, type Command } from "@stricli/core";
import type { Context } from "../console/context.ts";
import { COMMON_FLAGS, type CommonFlags, JOBS_FLAG } from "../console/flags.ts";
import { readTextFile } from "../console/read_text_file.ts";
import { Session } from "../console/session.ts";
import { SyncLines } from "../console/sync_lines.ts";
import { parseSync, syncJsonSchema } from "../../lib/sync/parse_sync.ts";
import { present } from "../../lib/oci/present.ts";

interface Flags extends CommonFlags {
  readonly file: string;
  readonly dryRun?: boolean;
  readonly schema?: boolean;
  readonly jobs?: number;
}

/** `davit sync` */
export const command: Command<Context> = buildCommand({
  docs: {
    brief: "Keep many images in step, as a file says",
    fullDescription:
      `Keep images in step with where they come from: single ones, the tags of a repository, the
repositories of a registry. What is there is not sent again: a run that was interrupted goes on
where it was, and an image that has not changed costs a question on each side. What fails is told
and does not stop the rest; exits 1 then.

  defaults: { platforms: [linux/amd64, linux/arm64], referrers: true }
  sync:
    - image: nginx:1.27
      to: mirror.example/nginx:1.27
    - repository: registry.example/app
      to: mirror.example/app             # or oci:DIR
      tags: { match: ^v, except: -rc, semver: ">=1.2 <3", latest: 5 }
      delete: true                       # tags there that are not meant
    - registry: registry.example
      to: mirror.example/backup
      repositories: { match: [^team/, ^base/] }`,
  },
  parameters: {
    flags: {
      file: {
        kind: "parsed",
        brief: "The sync file",
        placeholder: "FILE",
        parse: String,
        default: "sync.yaml",
      },
      dryRun: {
        kind: "boolean",
        brief: "Tell what would be copied and deleted, and do none of it",
        optional: true,
        withNegated: false,
      },
      schema: {
        kind: "boolean",
        brief: "Print the JSON Schema of a sync file, for editors",
        optional: true,
        withNegated: false,
      },
      jobs: JOBS_FLAG,
      ...COMMON_FLAGS,
    },
    aliases: { f: "file", j: "jobs", v: "verbose" },
  },
  async func(this: Context, flags: Flags): Promise<void> {
    if (flags.schema === true) {
      const schema = JSON.stringify(await syncJsonSchema(), null, 2);
      return void this.process.stdout.write(`${schema}\n`);
    }
    const { file, jobs, dryRun = false } = flags;
    await using session = new Session(this, flags);
    const spec = await parseSync(await readTextFile(file), file);
    const { runSync } = await import("../../lib/sync/run_sync.ts");
    const { places, signal, output } = session;
    const lines = new SyncLines({ verbose: flags.verbose === true || flags.json === true, dryRun });
    const dry = dryRun ? { dryRun } : {};
    const report = await runSync(spec, {
      places,
      signal,
      dryRun,
      ...present({ jobs }),
      onEvent: output.onEvent,
      onResult(result) {
        const line = lines.of(result);
        if (line !== undefined) output.result(line, { kind: "image", ...result, ...dry });
      },
    });
    const { totals, bytes } = report;
    const { failed } = totals;
    output.result(lines.sum(report), { kind: "total", ...totals, bytes, ...dry });
    if (failed === 0) return;
    throw new Error(`Cannot sync all: ${failed} of ${report.results.length} failed`);
  },
});
