import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { Permits } from "../../lib/store/permits.ts";

Deno.test("Permits starts waiting tasks in the order they came", async () => {
  const permits = new Permits(1);
  const order: number[] = [];
  await Promise.all([1, 2, 3].map((number) =>
    permits.run(async () => {
      await Promise.resolve();
      order.push(number);
    })
  ));
  assertEquals(order, [1, 2, 3]);
});

Deno.test("Permits gives a failed task's place on", async () => {
  const permits = new Permits(1);
  await assertRejects(() => permits.run(() => Promise.reject(new Error("no"))), Error, "no");
  assertEquals(await permits.run(() => Promise.resolve("yes")), "yes");
});

Deno.test("Permits does not start a task after the signal", async () => {
  const signal = AbortSignal.abort(new Error("stop"));
  const permits = new Permits(1);
  await assertRejects(() => permits.run(() => Promise.resolve(), signal), Error, "stop");
  assertEquals(await permits.run(() => Promise.resolve("next")), "next");
});

for (const count of [0, -1, 1.5, NaN]) {
  Deno.test(`Permits refuses a ceiling of ${count}`, () => {
    assertThrows(() => new Permits(count), RangeError);
  });
}
