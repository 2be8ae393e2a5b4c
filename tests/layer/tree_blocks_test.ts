import { assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { FileError } from "../../lib/errors.ts";
import { treeBlocks } from "../../lib/layer/tree_blocks.ts";
import { type TreeHeader, treeHeaders } from "../../lib/layer/tree_headers.ts";
import { walkTree } from "../../lib/layer/walk_tree.ts";
import { NO_XATTRS } from "../../lib/layer/xattrs.ts";
import type { Block, BlockSource } from "../../lib/stream/block_source.ts";
import { compressBlocks } from "../../lib/stream/compress_blocks.ts";
import { concat } from "../../lib/stream/concat.ts";
import { encodeHeader } from "../../lib/tar/writer.ts";
import { tempDir } from "../support/temp_dir.ts";

const MIB = 2 ** 20;

/** One entry whose header and body together fill so many bytes. */
async function fileOf(path: string, size: number): Promise<TreeHeader[]> {
  const bytes = new Uint8Array(size - 512);
  for (let at = 0; at < bytes.length; at += 65_536) {
    crypto.getRandomValues(bytes.subarray(at, at + 65_536));
  }
  await Deno.writeFile(path, bytes);
  return entriesOf(path);
}

function entriesOf(path: string): TreeHeader[] {
  return [...treeHeaders("", walkTree(path), { withoutParents: true }, NO_XATTRS)];
}

function blocksOf(entries: Iterable<TreeHeader>): BlockSource {
  return treeBlocks(() => Promise.resolve(entries));
}

async function layOut(entries: Iterable<TreeHeader>, size: number): Promise<Block[]> {
  return await Array.fromAsync(blocksOf(entries).blocks(size));
}

async function read(source: BlockSource, workers: number): Promise<Uint8Array> {
  const blocks = compressBlocks(source, { compression: "none", level: 0, workers });
  return concat(await Array.fromAsync(blocks));
}

for (const workers of [0, 1, 2]) {
  Deno.test(`blocks read by ${workers} workers are headers, files and zeros in a row`, async () => {
    await using dir = await tempDir();
    await Deno.writeTextFile(dir.join("a"), "abc");
    await Deno.writeTextFile(dir.join("b"), "");
    await fileOf(dir.join("c"), 2 * MIB + 1000);
    const entries = entriesOf(dir.path);
    const [a, b, c] = entries.map(({ header }) => encodeHeader(header));
    const large = await Deno.readFile(dir.join("c"));
    const expected = concat([
      ...[a, new TextEncoder().encode("abc"), new Uint8Array(509), b, c, large],
      new Uint8Array(512 - large.length % 512 + 1024),
    ].filter((part) => part !== undefined));
    assertEquals(await read(blocksOf(entries), workers), expected);
  });

  Deno.test(`a missing file is named when it is read by ${workers} workers`, async () => {
    await using dir = await tempDir();
    const entries = await fileOf(dir.join("a"), 3 * MIB);
    await Deno.remove(dir.join("a"));
    const error = await assertRejects(
      () => read(blocksOf(entries), workers),
      FileError,
      "does not exist",
    );
    assertEquals(error.path, dir.join("a"));
  });
}

Deno.test("what fills blocks exactly has no empty one behind it", async () => {
  await using dir = await tempDir();
  const entries = await fileOf(dir.join("a"), 2 * MIB - 1024);
  const blocks = await layOut(entries, MIB);
  assertEquals(blocks.map(({ length, last }) => [length, last]), [[MIB, false], [MIB, true]]);
});

Deno.test("a file that begins or ends with a block is read in no empty part", async () => {
  await using dir = await tempDir();
  const first = await fileOf(dir.join("a"), MIB);
  const second = await fileOf(dir.join("b"), MIB + 512);
  const blocks = await layOut([...first, ...second], MIB);
  assertEquals(
    blocks.map(({ parts }) => parts.map(({ at, offset, length }) => [at, offset, length])),
    [[[512, 0, MIB - 512]], [[512, 0, MIB - 512]], [[0, MIB - 512, 512]]],
  );
});

Deno.test("entries are found as blocks are asked for", async () => {
  let found = 0;
  const header = { type: "directory", name: "a/", size: 0, mode: 0, uid: 0, gid: 0, mtime: 0 };
  const entries = (function* () {
    for (; found < 100_000; found++) yield { header } as TreeHeader;
  })();
  const reader = compressBlocks(blocksOf(entries), { compression: "gzip", level: 1, workers: 2 })
    .getReader();
  await reader.read();
  await new Promise((resolve) => setTimeout(resolve, 100));
  assertEquals(found < 12 * MIB / 512, true, `${found} entries ahead`);
  await reader.cancel();
});

Deno.test("an error of the entries comes through as it is", async () => {
  const cause = new RangeError("no such header");
  const entries = {
    [Symbol.iterator](): Iterator<TreeHeader> {
      throw cause;
    },
  };
  assertStrictEquals(await read(blocksOf(entries), 2).catch((error) => error), cause);
});

/** Replaces a file by another of the same bytes, size and time. */
async function replace(path: string): Promise<void> {
  const { atime, mtime } = await Deno.stat(path);
  await Deno.copyFile(path, `${path}.new`);
  await Deno.utime(`${path}.new`, atime ?? 0, mtime ?? 0);
  await Deno.rename(`${path}.new`, path);
}

const CHANGES = [
  {
    what: "grew",
    change: (path: string) => Deno.writeFile(path, new Uint8Array(9), { append: true }),
  },
  { what: "shrank", change: (path: string) => Deno.truncate(path, 10), least: 1000 },
  { what: "changed in place", change: (path: string) => Deno.utime(path, 1, 1) },
  { what: "was replaced by its like", change: replace },
  { what: "went away", change: (path: string) => Deno.remove(path) },
];

for (const { what, change, least = 0 } of CHANGES) {
  for (const size of [0, 1000, 3 * MIB].filter((size) => size >= least)) {
    Deno.test(`a file of ${size} bytes that ${what} after it was found is named`, async () => {
      await using dir = await tempDir();
      const path = dir.join("1");
      await Deno.writeFile(path, new Uint8Array(size));
      const source = blocksOf(entriesOf(dir.path));
      const changing: BlockSource = {
        ...source,
        async *blocks(size) {
          const blocks = await Array.fromAsync(source.blocks(size));
          await change(path);
          yield* blocks;
        },
      };
      const error = await assertRejects(() => read(changing, 2), FileError);
      assertEquals(error.path, path);
    });
  }
}
