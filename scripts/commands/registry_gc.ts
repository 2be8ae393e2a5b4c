import { buildCommand, type Command } from "@stricli/core";
import type { Context } from "../console/context.ts";
import { parseDuration } from "../console/duration.ts";
import { formatBytes } from "../console/format_bytes.ts";
import { Output, type OutputFlags } from "../console/output.ts";

interface Flags extends OutputFlags {
  readonly delay?: number;
  readonly untagged?: boolean;
  readonly dryRun?: boolean;
}

const NANOSECONDS_PER_MS = 1e6;

/** `davit registry gc DIR` */
export const command: Command<Context> = buildCommand({
  docs: {
    brief: "Remove what nothing in a registry's directory needs",
    fullDescription:
      `Remove blobs that no manifest has: of pushes that were given up, and of images that were
deleted. A registry may serve the directory meanwhile, and clients may push: what came within the
delay, or was asked for, stays. A repository in which something cannot be read is left as it is.

  davit registry gc registry --dry-run
  davit registry gc registry --untagged --delay 24h`,
  },
  parameters: {
    flags: {
      delay: {
        kind: "parsed",
        brief: "How long what is new is left alone; 1h unless said",
        placeholder: "TIME",
        parse: parseDuration,
        optional: true,
      },
      untagged: {
        kind: "boolean",
        brief: "Remove manifests too that no tag, index or referrer that stays leads to",
        optional: true,
        withNegated: false,
      },
      dryRun: {
        kind: "boolean",
        brief: "Only say what would be removed",
        optional: true,
        withNegated: false,
      },
      json: {
        kind: "boolean",
        brief: "Print each thing removed, and what it comes to, as lines of JSON",
        optional: true,
        withNegated: false,
      },
    },
    positional: {
      kind: "tuple",
      parameters: [{
        brief: "What registry serve --disk was given",
        placeholder: "DIR",
        parse: String,
      }],
    },
  },
  async func(this: Context, flags: Flags, directory: string): Promise<void> {
    using output = new Output(this, flags);
    const { openRepositories } = await import("../../lib/server/disk_repositories.ts");
    const { collectGarbage } = await import("../../lib/server/garbage.ts");
    const { delay, untagged = false, dryRun = false } = flags;
    const { removed, skipped } = await collectGarbage(await openRepositories(directory), {
      ...(delay === undefined ? {} : { delayMs: delay / NANOSECONDS_PER_MS }),
      untagged,
      dryRun,
    });
    for (const { repository, digest, size } of removed) {
      const data = { kind: "removed", repository, digest, size };
      output.result(`${repository}@${digest} ${formatBytes(size)}`, data);
    }
    for (const { repository, reason } of skipped) output.note(`left ${repository}: ${reason}`);
    const bytes = removed.reduce((sum, { size }) => sum + size, 0);
    const blobs = `${removed.length} ${removed.length === 1 ? "blob" : "blobs"}`;
    const text = `${dryRun ? "would remove" : "removed"} ${blobs}, ${formatBytes(bytes)}`;
    if (flags.json !== true) return output.note(text);
    const total = { kind: "total", removed: removed.length, bytes, skipped };
    output.result(text, { ...total, ...(dryRun ? { dryRun } : {}) });
  },
});
