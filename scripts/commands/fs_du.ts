import { buildCommand, type Command } from "@stricli/core";
import type { Context } from "../console/context.ts";
import { PLATFORM_FLAGS, type PlatformFlags } from "../console/flags.ts";
import { formatBytes } from "../console/format_bytes.ts";
import { formatPath } from "../console/format_file.ts";
import { IMAGE_AND_PATH, openFiles } from "../console/fs_parameters.ts";
import { Session } from "../console/session.ts";
import { formatTable } from "../console/table.ts";
import { diskUsage } from "../../lib/inspect/disk_usage.ts";
import type { Location } from "../../lib/places/location.ts";

interface Flags extends PlatformFlags {
  readonly depth: number;
  readonly all?: boolean;
  readonly bytes?: boolean;
}

/** `davit fs du IMAGE [PATH]` */
export const command: Command<Context> = buildCommand({
  docs: {
    brief: "Tell what takes the space in an image",
    fullDescription:
      `Tell what the directories of an image take, the largest first and the sum last. What
whiteouts removed does not count, and a file with several names counts once.

  davit fs du nginx:alpine
  davit fs du --depth 3 nginx:alpine /usr`,
  },
  parameters: {
    flags: {
      depth: {
        kind: "parsed",
        brief: "How far below PATH directories are told one by one",
        placeholder: "N",
        parse: parseDepth,
        default: "1",
      },
      all: {
        kind: "boolean",
        brief: "Tell files one by one too",
        optional: true,
        withNegated: false,
      },
      bytes: {
        kind: "boolean",
        brief: "Print exact bytes",
        optional: true,
        withNegated: false,
      },
      ...PLATFORM_FLAGS,
    },
    aliases: { d: "depth", a: "all", b: "bytes", v: "verbose" },
    positional: IMAGE_AND_PATH,
  },
  async func(this: Context, flags: Flags, location: Location, path: string): Promise<void> {
    await using scope = new AsyncDisposableStack();
    const session = scope.use(new Session(this, flags));
    const { output } = session;
    const files = await openFiles(session, scope, location);
    const { depth, all = false } = flags;
    const usages = diskUsage(await files.tree(), path, { depth, all });
    if (flags.json === true) return usages.forEach((usage) => output.result("", usage));
    const rows = usages.map(({ path: at, bytes, files: count }) => [
      flags.bytes === true ? String(bytes) : formatBytes(bytes),
      `${count} ${count === 1 ? "file" : "files"}`,
      formatPath(at),
    ]);
    for (const line of formatTable(rows, ["right", "right"])) output.result(line, line);
  },
});

function parseDepth(text: string): number {
  if (/^\d{1,4}$/.test(text)) return Number(text);
  throw new SyntaxError(`Cannot use the depth "${text}": expected a whole number from 0`);
}
