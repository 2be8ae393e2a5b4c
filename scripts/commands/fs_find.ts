import { buildCommand, type Command } from "@stricli/core";
import type { Context } from "../console/context.ts";
import { fileColumns, formatName, formatPath } from "../console/format_file.ts";
import { PLATFORM_FLAGS, type PlatformFlags } from "../console/flags.ts";
import { IMAGE_AND_PATH, openFiles } from "../console/fs_parameters.ts";
import { Session } from "../console/session.ts";
import { formatTable } from "../console/table.ts";
import type { FileType } from "../../lib/inspect/file_entry.ts";
import { findFiles } from "../../lib/inspect/find_files.ts";
import { present } from "../../lib/oci/present.ts";
import type { Location } from "../../lib/places/location.ts";

interface Flags extends PlatformFlags {
  readonly name?: string;
  readonly type?: FileType;
  readonly size?: SizeRange;
  readonly perm?: number;
  readonly layer?: number;
  readonly long?: boolean;
}

interface SizeRange {
  readonly minSize?: number;
  readonly maxSize?: number;
}

const TYPES: Readonly<Record<string, FileType>> = {
  f: "file",
  d: "directory",
  l: "symlink",
  c: "character-device",
  b: "block-device",
  p: "fifo",
};

const UNITS: Readonly<Record<string, number>> = {
  "": 1,
  c: 1,
  k: 1024,
  M: 1024 ** 2,
  G: 1024 ** 3,
};

/** `davit fs find IMAGE [PATH]` */
export const command: Command<Context> = buildCommand({
  docs: {
    brief: "Find files of an image",
    fullDescription:
      `Find files of an image, as a container would see them, by what they are. All conditions
must hold.

  davit fs find nginx:alpine --name '*.conf'
  davit fs find nginx:alpine /usr --type f --size +1M --long
  davit fs find nginx:alpine --perm 4000 --type f      set-uid programs`,
  },
  parameters: {
    flags: {
      name: {
        kind: "parsed",
        brief: "Glob for the name, or with a / for the whole path",
        placeholder: "GLOB",
        parse: String,
        optional: true,
      },
      type: {
        kind: "parsed",
        brief: "What it is: f, d, l (link), c, b (devices), p (fifo)",
        placeholder: "LETTER",
        parse: parseType,
        optional: true,
      },
      size: {
        kind: "parsed",
        brief: "At least (+), at most (-) or exactly so many bytes; k, M and G multiply",
        placeholder: "[+-]N",
        parse: parseSize,
        optional: true,
      },
      perm: {
        kind: "parsed",
        brief: "Permission bits that are all set, in octal",
        placeholder: "MODE",
        parse: parseMode,
        optional: true,
      },
      layer: {
        kind: "parsed",
        brief: "The layer it comes from, base first, from 1",
        placeholder: "N",
        parse: parseLayer,
        optional: true,
      },
      long: {
        kind: "boolean",
        brief: "Print more than the path, as fs ls does",
        optional: true,
        withNegated: false,
      },
      ...PLATFORM_FLAGS,
    },
    aliases: { l: "long", v: "verbose" },
    positional: IMAGE_AND_PATH,
  },
  async func(this: Context, flags: Flags, location: Location, path: string): Promise<void> {
    await using scope = new AsyncDisposableStack();
    const session = scope.use(new Session(this, flags));
    const { output } = session;
    const files = await openFiles(session, scope, location);
    const { name, type, size = {}, perm: mode, layer } = flags;
    const conditions = present({ name, type, mode, layer });
    const found = [...findFiles(await files.tree(), path, { ...conditions, ...size })];
    if (flags.json === true) return found.forEach((file) => output.result("", file));
    const rows = found.map((file) =>
      flags.long === true
        ? [...fileColumns(file), formatName(file.path, file)]
        : [formatPath(file.path)]
    );
    for (const line of formatTable(rows, ["left", "right", "left", "right"])) {
      output.result(line, line);
    }
  },
});

function parseType(text: string): FileType {
  const type = Object.hasOwn(TYPES, text) ? TYPES[text] : undefined;
  if (type !== undefined) return type;
  throw new SyntaxError(`Cannot find files of type "${text}": expected f, d, l, c, b or p`);
}

function parseSize(text: string): SizeRange {
  const [, sign, digits, unit = ""] = /^([+-]?)(\d{1,12})([ckMG]?)$/.exec(text) ?? [];
  if (digits === undefined) {
    throw new SyntaxError(`Cannot find files of size "${text}": expected such as +1M, -10k or 0`);
  }
  const bytes = Number(digits) * (UNITS[unit] ?? 1);
  if (sign === "+") return { minSize: bytes };
  return sign === "-" ? { maxSize: bytes } : { minSize: bytes, maxSize: bytes };
}

function parseMode(text: string): number {
  if (/^[0-7]{1,5}$/.test(text) && Number.parseInt(text, 8) <= 0o7777) {
    return Number.parseInt(text, 8);
  }
  throw new SyntaxError(`Cannot find files of mode "${text}": expected octal digits, such as 4000`);
}

function parseLayer(text: string): number {
  if (/^[1-9]\d{0,4}$/.test(text)) return Number(text);
  throw new SyntaxError(`Cannot find files of layer "${text}": expected a whole number from 1`);
}
