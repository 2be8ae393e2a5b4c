import { readTar } from "../../lib/tar/read_tar.ts";

/**
 * What a tar holds, a line for each entry, sorted: `path = content`, `path -> symlink`,
 * `path == hard link`, `path/` for a directory, with the mode in front when it is asked for.
 */
export async function tarLines(
  tar: ReadableStream<Uint8Array>,
  options: { readonly modes?: boolean } = {},
): Promise<string[]> {
  const lines: string[] = [];
  for await (const entry of readTar(tar)) {
    const { type, name, linkName, mode } = entry.header;
    const start = options.modes === true ? `${mode.toString(8)} ` : "";
    if (type === "directory") lines.push(`${start}${name}`);
    else if (type === "symlink") lines.push(`${start}${name} -> ${linkName}`);
    else if (type === "hardlink") lines.push(`${start}${name} == ${linkName}`);
    else lines.push(`${start}${name} = ${new TextDecoder().decode(await entry.bytes())}`);
  }
  return lines.sort();
}
