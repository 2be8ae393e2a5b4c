import { FileError, UnsupportedError } from "../errors.ts";

/** The extended attributes of a tree's files, by path from its root, then by name. */
export type Xattrs = ReadonlyMap<string, ReadonlyMap<string, Uint8Array>>;

/** No attributes at all. */
export const NO_XATTRS: Xattrs = new Map();

/** Attributes that belong to a machine or to the storage below an image, not to its files. */
const FOREIGN = [
  "security.evm",
  "security.ima",
  "security.selinux",
  "system.",
  "trusted.overlay.",
  "user.overlay.",
];

/**
 * Reads the extended attributes of a tree by the `getfattr` command: Deno has no call for them.
 *
 * @throws {UnsupportedError} When there is no `getfattr`.
 * @throws {FileError} When something in the tree cannot be read.
 */
export async function readXattrs(root: string, signal: AbortSignal): Promise<Xattrs> {
  const top = await Deno.realPath(root);
  const dump = await getfattr(top, signal);
  const found = new Map<string, ReadonlyMap<string, Uint8Array>>();
  for (const record of dump.split("\n\n")) {
    const [file = "", ...lines] = record.trimStart().split("\n");
    if (!file.startsWith("# file: ")) continue;
    const path = unescape(file.slice("# file: ".length)).slice(top.length).replace(/^\/+/, "");
    const attributes = lines.map(parseLine).filter((line) => line !== undefined);
    attributes.sort(([a], [b]) => a < b ? -1 : 1);
    if (attributes.length > 0) found.set(path, new Map(attributes));
  }
  return found;
}

async function getfattr(top: string, signal: AbortSignal): Promise<string> {
  const command = new Deno.Command("getfattr", {
    args: ["--recursive", "--physical", "--no-dereference", "--absolute-names", "--dump"]
      .concat(["--match=-", "--encoding=hex", "--", top]),
    stdin: "null",
    signal,
  });
  const output = await command.output().catch((cause) => {
    if (!(cause instanceof Deno.errors.NotFound)) throw cause;
    throw new UnsupportedError(
      `Cannot read extended attributes of "${top}": expected the command getfattr, found none; ` +
        'install the package "attr", or do without them',
      { cause },
    );
  });
  const decoder = new TextDecoder();
  if (output.success) return decoder.decode(output.stdout);
  const reason = decoder.decode(output.stderr).trim();
  throw new FileError(`Cannot read extended attributes of "${top}": ${reason}`, top);
}

function parseLine(line: string): [string, Uint8Array] | undefined {
  const equals = line.indexOf("=");
  const name = unescape(equals === -1 ? line : line.slice(0, equals));
  if (name === "" || FOREIGN.some((prefix) => name.startsWith(prefix))) return undefined;
  const value = equals === -1 ? "" : line.slice(equals + 1);
  return [name, Uint8Array.fromHex(value.replace(/^0x/, ""))];
}

/** Undoes getfattr's octal escapes: `\012`. */
function unescape(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal) => String.fromCharCode(parseInt(octal, 8)));
}
