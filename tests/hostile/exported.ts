import { readTar } from "../../lib/tar/read_tar.ts";
import { tempDir } from "../support/temp_dir.ts";
import { taken } from "./attack.ts";
import { imageContents } from "./contents.ts";
import { layOut } from "./places.ts";

/** Writes an image of the layers to a directory; gives the words that export it to `out/`. */
export async function exportLayers(
  directory: string,
  layers: readonly Uint8Array[],
): Promise<readonly string[]> {
  const { location } = await layOut(await imageContents({ layers }), "layout", directory);
  await Deno.mkdir(`${directory}/out`);
  return ["export", location, `${directory}/out/rootfs.tar`];
}

/** What an export of the layers holds: names, `name -> target` and `name == hard link`. */
export async function exported(layers: readonly Uint8Array[]): Promise<readonly string[]> {
  await using dir = await tempDir();
  await taken(await exportLayers(dir.path, layers));
  const { readable } = await Deno.open(dir.join("out", "rootfs.tar"));
  const lines: string[] = [];
  for await (const { header } of readTar(readable)) {
    const { type, name, linkName = "" } = header;
    const link = type === "hardlink" ? ` == ${linkName}` : ` -> ${linkName}`;
    lines.push(type.endsWith("link") ? `${name}${link}` : name);
  }
  return lines;
}
