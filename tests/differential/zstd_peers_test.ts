import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { CompressionError } from "../../lib/errors.ts";
import { compress } from "../../lib/stream/compress.ts";
import { decompress } from "../../lib/stream/decompress.ts";
import { chunked, concat, drain, sampleBytes } from "../stream/sources.ts";
import { runOk } from "../support/command.ts";
import { peerTest } from "../support/peers.ts";
import { tempDir } from "../support/temp_dir.ts";

const MIB = 1024 ** 2;
const CONTENT = sampleBytes(9 * MIB + 17);
const SKIPPABLE = Uint8Array.of(0x50, 0x2a, 0x4d, 0x18, 2, 0, 0, 0, 1, 2);

peerTest("zstd reads the zstd of compress()", { needs: ["zstd"] }, async () => {
  for (const [level, size] of [[1, 9 * MIB + 17], [3, 4 * MIB], [19, 100_000], [3, 1], [3, 0]]) {
    const content = CONTENT.subarray(0, size);
    const source = chunked(content, 65_536);
    const compressed = await drain(
      compress(source, { compression: "zstd", level: level ?? 3, workers: 2 }),
    );
    const { bytes } = await runOk("zstd", ["-dc"], { stdin: compressed });
    assertEquals(bytes, content);
  }
});

peerTest("zstd finds as many frames as blocks, sized and with checksums", {
  needs: ["zstd"],
}, async () => {
  await using dir = await tempDir();
  const path = dir.join("content.zst");
  const compressed = compress(chunked(CONTENT, 65_536), { compression: "zstd" });
  await Deno.writeFile(path, await drain(compressed));
  const { stdout } = await runOk("zstd", ["-lv", path]);
  assertStringIncludes(stdout, "Zstandard Frames: 3");
  assertStringIncludes(stdout, "Check: XXH64");
  assertStringIncludes(stdout, `(${CONTENT.length} B)`);
});

const WRITERS = [
  ["-1"],
  ["-3", "--no-check"],
  ["-9"],
  ["-3", "--no-content-size"],
  ["-3", "--long=27"],
  ["-3", "-T2", "-B1048576"],
  ["-3", "--rsyncable", "-T2"],
  ["-1", "--fast=5"],
] as const;

for (const args of WRITERS) {
  peerTest(`decompress() reads the zstd of ${args.join(" ")}`, { needs: ["zstd"] }, async () => {
    await using dir = await tempDir();
    const path = dir.join("content");
    await Deno.writeFile(path, CONTENT);
    for (const input of [[path], []]) {
      const stdin = input.length === 0 ? { stdin: CONTENT } : {};
      const { bytes } = await runOk("zstd", [...args, "-c", ...input], stdin);
      const stream = concat(SKIPPABLE, bytes, SKIPPABLE, bytes);
      assertEquals(await drain(decompress(chunked(stream, 10_007))), concat(CONTENT, CONTENT));
    }
  });
}

peerTest("decompress() refuses a window that is too large by name", {
  needs: ["zstd"],
}, async () => {
  const { bytes } = await runOk("zstd", ["--ultra", "--long=31", "-1", "-c"], { stdin: CONTENT });
  await assertRejects(
    () => drain(decompress(chunked(bytes, 10_007))),
    CompressionError,
    "2147483648",
  );
});

peerTest("decompress() refuses a dictionary by name", { needs: ["zstd"] }, async () => {
  await using dir = await tempDir();
  const samples = Array.from({ length: 200 }, (_, index) => dir.join(`sample${index}`));
  for (const [index, path] of samples.entries()) {
    await Deno.writeTextFile(path, `${index} ${"the same words ".repeat(index % 7 + 10)} ${index}`);
  }
  const dictionary = dir.join("dictionary");
  await runOk("zstd", ["--train", ...samples, "-o", dictionary, "--maxdict=2000"]);
  const { bytes } = await runOk("zstd", ["-D", dictionary, "-c"], { stdin: "the same words" });
  await assertRejects(
    () => drain(decompress(chunked(bytes, 100))),
    CompressionError,
    "expected no dictionary",
  );
});
