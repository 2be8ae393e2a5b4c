import { assertEquals } from "@std/assert";
import { layerFromDirectory } from "../../lib/layer/directory.ts";
import { decompress } from "../../lib/stream/decompress.ts";
import { measure } from "../../lib/stream/measure.ts";
import { readTar } from "../../lib/tar/read_tar.ts";
import { tempDir } from "../support/temp_dir.ts";

Deno.test("entries come in the order of their paths' bytes, parents first", async () => {
  await using dir = await tempDir();
  for (const path of ["a", "a/b", "a.d", "a/b/c", "B", "a!"]) await Deno.mkdir(dir.join(path));
  for (const path of ["a-b", "a/x", "a.d/x", "a/b-", "a/b/c/d", "é", "\u{1f600}", "\uffee"]) {
    await Deno.writeTextFile(dir.join(path), "");
  }
  const names: string[] = [];
  for await (const { header } of readTar(layerFromDirectory(dir.path).uncompressed())) {
    names.push(header.name.replace(/\/$/, ""));
  }
  const encoder = new TextEncoder();
  const hex = (name: string) => encoder.encode(name).toHex();
  assertEquals(names, names.toSorted((a, b) => hex(a) < hex(b) ? -1 : 1));
  assertEquals(names.length, 14);
});

Deno.test("an ignored directory comes before what an exception brings back, in order", async () => {
  await using dir = await tempDir();
  for (const path of ["a", "a/keep", "b"]) await Deno.mkdir(dir.join(path));
  for (const path of ["a-b", "a/keep/x", "a/y", "b/z"]) {
    await Deno.writeTextFile(dir.join(path), "");
  }
  const names: string[] = [];
  const layer = layerFromDirectory(dir.path, { ignore: ["a", "b", "!a/keep"] });
  for await (const { header } of readTar(layer.uncompressed())) names.push(header.name);
  assertEquals(names, ["a/", "a-b", "a/keep/", "a/keep/x"]);
});

for (const compression of ["gzip", "zstd", "none"] as const) {
  Deno.test(`a ${compression} layer of a large tree holds the tar, though memory is used again`, async () => {
    await using dir = await tempDir();
    for (let i = 0; i < 40; i++) {
      const bytes = new Uint8Array(700_001);
      for (let at = 0; at < bytes.length; at += 65_536) {
        crypto.getRandomValues(bytes.subarray(at, at + 65_536));
      }
      await Deno.writeFile(dir.join(`${i}`), bytes);
    }
    const expected = await layerFromDirectory(dir.path, { workers: 0 }).diffId();
    const layer = layerFromDirectory(dir.path, { compression, level: 1, workers: 2 });
    const { stream, done } = measure(decompress(layer.compressed()));
    await stream.pipeTo(new WritableStream());
    assertEquals((await done).digest, expected);
    assertEquals(await layer.diffId(), expected);
  });
}
