import { abortable } from "../../lib/stream/abortable.ts";
import { readAll } from "../../lib/stream/read_all.ts";
import type { Context } from "./context.ts";

/** The most bytes that are taken for an edited text. */
const MAX_BYTES = 64 * 1024 * 1024;

/** What is edited. */
export interface EditTextOptions {
  /** What the editor is shown. */
  readonly open: () => Promise<Uint8Array>;
  /** How the name of the file ends that the editor is given: `.json`. */
  readonly suffix: string;
}

/**
 * Has a text edited: by the editor of `VISUAL` or `EDITOR`, else `vi`, when a person is typing; else
 * what is piped in takes its place.
 *
 * @returns `undefined` when the editor changed nothing.
 */
export async function editText(
  context: Context,
  { open, suffix }: EditTextOptions,
): Promise<Uint8Array | undefined> {
  if (context.isInteractive !== true) {
    return await readAll(abortable(context.stdin, context.signal), {
      maxBytes: MAX_BYTES,
      what: "standard input",
    });
  }
  const before = await open();
  const path = await Deno.makeTempFile({ prefix: "davit-edit-", suffix });
  try {
    await Deno.writeFile(path, before);
    await runEditor(context, path);
    const after = await Deno.readFile(path);
    return isSame(before, after) ? undefined : after;
  } finally {
    await Deno.remove(path);
  }
}

/** The editor may be a command line: `code --wait`. */
async function runEditor({ env }: Context, path: string): Promise<void> {
  const editor = env("VISUAL") || env("EDITOR") || "vi";
  const { code } = await new Deno.Command("sh", {
    args: ["-c", `${editor} "$1"`, "davit", path],
    stdin: "inherit",
    stdout: "inherit",
    stderr: "inherit",
  }).spawn().status;
  if (code !== 0) throw new Error(`Cannot edit: "${editor}" exited ${code}, nothing was changed`);
}

function isSame(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, position) => byte === other[position]);
}
