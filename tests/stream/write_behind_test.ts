import { assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import { WriteBehind } from "../../lib/stream/write_behind.ts";
import { concat } from "../../lib/stream/concat.ts";
import { tempDir } from "../support/temp_dir.ts";

Deno.test("what is appended in any pieces is in the file after flush()", async () => {
  await using dir = await tempDir();
  const sizes = fc.array(fc.oneof(fc.nat(100), fc.nat(70_000), fc.nat(900_000)), { maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(sizes, async (sizes) => {
      const pieces = sizes.map((size, index) => new Uint8Array(size).fill(index + 1));
      {
        using file = await Deno.open(dir.join("f"), { write: true, create: true, truncate: true });
        const writer = new WriteBehind(file);
        for (const piece of pieces) {
          const mine = piece.slice();
          await writer.append(mine);
          mine.fill(0);
        }
        await writer.flush();
      }
      assertEquals(await Deno.readFile(dir.join("f")), concat(pieces));
    }),
    { numRuns: 30 },
  );
});

Deno.test("a write that fails is told by a later call, and flush() never says that all is well", async () => {
  using file = await Deno.open("/dev/full", { write: true });
  const writer = new WriteBehind(file);
  await assertRejects(async () => {
    for (let i = 0; i < 20; i++) await writer.append(new Uint8Array(100_000));
    await writer.flush();
  }, Error);
  await assertRejects(() => writer.flush(), Error);
});
