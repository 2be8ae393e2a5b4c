import { buildCommand, type Command } from "@stricli/core";
import type { Context } from "../console/context.ts";
import { fileColumns, formatName } from "../console/format_file.ts";
import { PLATFORM_FLAGS, type PlatformFlags } from "../console/flags.ts";
import { IMAGE_AND_PATH, openFiles } from "../console/fs_parameters.ts";
import { Session } from "../console/session.ts";
import { formatTable } from "../console/table.ts";
import type { FileEntry } from "../../lib/inspect/file_entry.ts";
import type { ImageFiles } from "../../lib/inspect/image_files.ts";
import type { Location } from "../../lib/places/location.ts";

interface Flags extends PlatformFlags {
  readonly recursive?: boolean;
  readonly layers?: boolean;
}

/** `davit fs ls IMAGE [PATH]` */
export const command: Command<Context> = buildCommand({
  docs: {
    brief: "List files of an image",
    fullDescription:
      `List a directory of an image, as a container would see it: layers merged, without unpacking
them. Mode, names, owner, size, time (UTC) and name, as "ls -l" has them; with --layers, the layer
that each file comes from, base first, from 1.

  davit fs ls nginx:alpine
  davit fs ls -R docker-archive:image.tar /etc --json`,
  },
  parameters: {
    flags: {
      recursive: {
        kind: "boolean",
        brief: "List what is below too, with whole paths",
        optional: true,
        withNegated: false,
      },
      layers: {
        kind: "boolean",
        brief: "Tell which layer each file comes from",
        optional: true,
        withNegated: false,
      },
      ...PLATFORM_FLAGS,
    },
    aliases: { R: "recursive", v: "verbose" },
    positional: IMAGE_AND_PATH,
  },
  async func(this: Context, flags: Flags, location: Location, path: string): Promise<void> {
    await using scope = new AsyncDisposableStack();
    const session = scope.use(new Session(this, flags));
    const { output } = session;
    const files = await openFiles(session, scope, location);
    const entries = flags.recursive === true ? await listAll(files, path) : await files.list(path);
    if (flags.json === true) return entries.forEach((entry) => output.result("", entry));
    const rows = entries.map((entry) => [
      ...flags.layers === true ? [`#${entry.layer}`] : [],
      ...fileColumns(entry),
      formatName(flags.recursive === true ? entry.path : nameOf(entry), entry),
    ]);
    const layerColumn = flags.layers === true ? ["right"] as const : [];
    const table = formatTable(rows, [...layerColumn, "left", "right", "left", "right"]);
    for (const line of table) output.result(line, line);
  },
});

async function listAll(files: ImageFiles, path: string): Promise<readonly FileEntry[]> {
  const tree = await files.tree();
  const root = tree.at(path);
  return root.type === "directory" ? [...tree.below(root)] : [root];
}

function nameOf({ path }: FileEntry): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
