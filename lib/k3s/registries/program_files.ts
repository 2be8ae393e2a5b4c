import { UnsupportedError } from "../../errors.ts";
import type { LayerEntry } from "../../layer/layer_entry.ts";
import { type ElfNeeds, readElfNeeds } from "./elf_needs.ts";

/** Where libraries are besides those that this process has loaded. */
const LIBRARY_DIRECTORIES = ["/lib64", "/usr/lib64", "/lib", "/usr/lib"];

/** Libraries that a program may load later, to look up names; those that are not there it can do without. */
const LATER = ["libnss_dns.so.2", "libnss_files.so.2", "libresolv.so.2"];

/** Where a program's libraries are in an image. */
export const LIBRARY_PATH = "/lib";

/**
 * A program of this machine with the dynamic linker and all libraries that it asks for, as files of
 * an image. The program must find its libraries in {@linkcode LIBRARY_PATH}.
 *
 * @param program The path of the program. @param target Where it goes in the image.
 * @throws {UnsupportedError} When it is no Linux program, or a library is missing.
 */
export async function readProgramFiles(
  program: string,
  target: string,
): Promise<readonly LayerEntry[]> {
  const { interpreter, libraries } = await needsOf(program);
  const directories = [...await loadedFrom(), ...LIBRARY_DIRECTORIES];
  const files = new Map([[target, program]]);
  if (interpreter !== undefined) files.set(interpreter, interpreter);
  const waiting = [...libraries];
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    const place = `${LIBRARY_PATH}/${name}`;
    if (files.has(place) || name === interpreter?.split("/").at(-1)) continue;
    const path = await find(name, directories);
    if (path === undefined) throw missing(name, program);
    files.set(place, path);
    waiting.push(...(await needsOf(path)).libraries);
  }
  for (const name of interpreter === undefined ? [] : LATER) {
    const path = await find(name, directories);
    if (path !== undefined) files.set(`${LIBRARY_PATH}/${name}`, path);
  }
  return await Promise.all([...files].map(async ([path, source]) => (
    { path, content: await Deno.readFile(source), mode: 0o755 }
  )));
}

async function needsOf(path: string): Promise<ElfNeeds> {
  using file = await Deno.open(path);
  try {
    return await readElfNeeds(async (offset, length) => {
      await file.seek(offset, Deno.SeekMode.Start);
      const bytes = new Uint8Array(length);
      let filled = 0;
      while (filled < length) {
        const count = await file.read(bytes.subarray(filled));
        if (count === null) break;
        filled += count;
      }
      return bytes.subarray(0, filled);
    });
  } catch (cause) {
    if (!(cause instanceof SyntaxError) && !(cause instanceof RangeError)) throw cause;
    throw new UnsupportedError(
      `Cannot put "${path}" into an image: expected a 64-bit Linux program`,
      { cause },
    );
  }
}

/** The directories that the libraries of this process come from: those of Deno are among them. */
async function loadedFrom(): Promise<readonly string[]> {
  const maps = await Deno.readTextFile("/proc/self/maps");
  const libraries = [...maps.matchAll(/ (\/\S+)\/[^/\s]+\.so[.\d]*$/gm)];
  return [...new Set(libraries.map(([, directory = ""]) => directory))];
}

async function find(name: string, directories: readonly string[]): Promise<string | undefined> {
  for (const directory of directories) {
    const path = `${directory}/${name}`;
    if (await Deno.stat(path).then((info) => info.isFile, () => false)) return path;
  }
  return undefined;
}

function missing(library: string, program: string): UnsupportedError {
  return new UnsupportedError(
    `Cannot put "${program}" into an image: expected its library "${library}" on this machine`,
  );
}
