import { nativeOptions } from "../stream/compress.ts";
import { encoderPool } from "../stream/encoder_pool.ts";
import type { LayerOptions } from "./layer_options.ts";
import { walkTree } from "./walk_tree.ts";

/** Workers are worth their start from so many bytes or files on. */
const MANY_BYTES = 8 * 1024 * 1024;
const MANY_FILES = 500;

/**
 * Starts the workers that a layer of a directory will want, if the directory holds much: they come
 * up while other things are seen to, and are there when the layer's first bytes are asked for. They
 * end by themselves when nothing comes.
 *
 * What is wrong with the directory is left to the layer to tell.
 */
export function prepareDirectory(path: string, options: LayerOptions = {}): void {
  const { workers } = nativeOptions(options);
  if (options.engine !== "web" && holdsMuch(path)) encoderPool.prepare(workers);
}

function holdsMuch(path: string): boolean {
  let bytes = 0;
  let files = 0;
  try {
    for (const { size } of walkTree(path)) {
      bytes += size;
      if (bytes >= MANY_BYTES || ++files >= MANY_FILES) return true;
    }
  } catch {
    return false;
  }
  return false;
}
