import { digestBytes, hexOf } from "../../lib/oci/digest.ts";
import { writeTar } from "../../lib/tar/write_tar.ts";

/** A layer's tar with one file, its digest, and other forms of it. */
export interface SavedTar {
  readonly plain: Uint8Array;
  readonly gzip: Uint8Array;
  readonly diffId: string;
}

/** A layer's tar with one file in it. */
export async function layerTar(name: string, content: string): Promise<SavedTar> {
  const body = new TextEncoder().encode(content);
  const header = { type: "file", name, size: body.length, mode: 0o644, uid: 0, gid: 0, mtime: 0 };
  const plain = await new Response(writeTar([{ header: { ...header, type: "file" }, body }]))
    .bytes();
  const gzip = await new Response(
    ReadableStream.from([plain]).pipeThrough(new CompressionStream("gzip")),
  ).bytes();
  return { plain, gzip, diffId: await digestBytes(plain) };
}

/** A config for these layers, and its digest in hex. */
export async function configFor(
  diffIds: readonly string[],
): Promise<{ text: string; hex: string }> {
  const text = JSON.stringify({
    architecture: "amd64",
    os: "linux",
    rootfs: { type: "layers", diff_ids: diffIds },
  });
  return { text, hex: hexOf(await digestBytes(new TextEncoder().encode(text))) };
}
