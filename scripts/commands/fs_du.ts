import { buildCommand, type Command } from "@stricli/core";
import type { Context } from "../console/context.ts";
import { PLATFORM_FLAGS, type PlatformFlags } from "../console/flags.ts";
import { formatBytes } from "../console/format_bytes.ts";
import { formatPath } from "../console/format_file.ts";
import { openImage } from "../console/open_image.ts";
import { Session } from "../console/session.ts";
import { formatTable } from "../console/table.ts";
import { diskUsage } from "../../lib/inspect/disk_usage.ts";
import { ImageFiles } from "../../lib/inspect/image_files.ts";
import { type Location, parseLocation } from "../../lib/places/location.ts";

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
    positional: {
      kind: "tuple",
      parameters: [
        { brief: "Image", placeholder: "IMAGE", parse: parseLocation },
        { brief: "Path in the image", placeholder: "PATH", parse: String, default: "/" },
      ],
    },
  },
  async func(this: Context, flags: Flags, location: Location, path: string): Promise<void> {
    await using session = new Session(this, flags);
    const { signal, output } = session;
    await using source = await openImage(session, location);
    await using files = new ImageFiles(source.image, { signal });
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
