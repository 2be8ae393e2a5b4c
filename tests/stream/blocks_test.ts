import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { Blocks, toBlocks } from "../../lib/stream/blocks.ts";
import { concat, streamOf } from "./sources.ts";

Deno.test("toBlocks() gives the same blocks for any chunking", async () => {
  await fc.assert(fc.asyncProperty(
    fc.array(fc.uint8Array({ maxLength: 50 })),
    fc.integer({ min: 1, max: 40 }),
    async (chunks, size) => {
      const blocks = await Array.fromAsync(toBlocks(streamOf(...chunks), size));
      assertEquals(concat(...blocks), concat(...chunks));
      assert(blocks.slice(0, -1).every(({ length }) => length === size));
      assert(blocks.every(({ length }) => length > 0 && length <= size));
    },
  ));
});

Deno.test("a block has a buffer of its own, which may be transferred", () => {
  const blocks = new Blocks(4);
  const given: string[] = [];
  for (const block of blocks.push(Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9))) {
    given.push(block.join());
    structuredClone(block, { transfer: [block.buffer] });
  }
  assertEquals([...given, blocks.end().join()], ["1,2,3,4", "5,6,7,8", "9"]);
});

Deno.test("a block is given only when a byte after it has come", () => {
  const blocks = new Blocks(2);
  assertEquals([...blocks.push(Uint8Array.of(1, 2))].length, 0);
  assertEquals([...blocks.push(Uint8Array.of(3))].map((block) => block.join()), ["1,2"]);
  assertEquals(blocks.end().join(), "3");
});

Deno.test("a recycled buffer leaves no bytes behind", () => {
  const blocks = new Blocks(4);
  for (const block of blocks.push(Uint8Array.of(1, 2, 3, 4, 5))) blocks.recycle(block.buffer);
  assertEquals([...blocks.push(Uint8Array.of(6, 7, 8, 9))].map((block) => block.join()), [
    "5,6,7,8",
  ]);
  assertEquals(blocks.end().join(), "9");
});

for (const size of [0, -1, 1.5, NaN, Infinity]) {
  Deno.test(`a block of ${size} bytes is refused`, () => {
    assertThrows(() => new Blocks(size), RangeError);
    assertThrows(() => toBlocks(streamOf(), size), RangeError);
  });
}
