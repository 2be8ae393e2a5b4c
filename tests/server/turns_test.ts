import { assertEquals, assertRejects } from "@std/assert";
import { Turns } from "../../lib/server/turns.ts";

/** Something that takes as long as the test wants, and notes when it begins and ends. */
function makeWork(log: string[], name: string) {
  const { promise, resolve } = Promise.withResolvers<void>();
  async function run(): Promise<void> {
    log.push(`${name} begins`);
    await promise;
    log.push(`${name} ends`);
  }
  return { run, finish: resolve };
}

function settle(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

Deno.test("many share, one is alone, and it waits for those before it only", async () => {
  const log: string[] = [];
  const turns = new Turns();
  const [a, b, alone, c] = ["a", "b", "alone", "c"].map((name) => makeWork(log, name));
  if (!a || !b || !alone || !c) throw new Error("unreachable");
  const running = [
    turns.share(a.run),
    turns.share(b.run),
    turns.alone(alone.run),
    turns.share(c.run),
  ];
  await settle();
  assertEquals(log, ["a begins", "b begins"]);
  b.finish();
  await settle();
  a.finish();
  await settle();
  assertEquals(log, ["a begins", "b begins", "b ends", "a ends", "alone begins"]);
  alone.finish();
  c.finish();
  await Promise.all(running);
  assertEquals(log.slice(5), ["alone ends", "c begins", "c ends"]);
});

Deno.test("nobody shares between two that are alone one after the other", async () => {
  const log: string[] = [];
  const turns = new Turns();
  const [first, shared, second] = ["first", "shared", "second"].map((name) => makeWork(log, name));
  if (!first || !shared || !second) throw new Error("unreachable");
  const running = [turns.alone(first.run), turns.share(shared.run), turns.alone(second.run)];
  await settle();
  for (const { finish } of [first, second, shared]) {
    finish();
    await settle();
  }
  await Promise.all(running);
  const [, , third = "", fourth = ""] = log;
  assertEquals(third.split(" ")[0], fourth.split(" ")[0]);
});

Deno.test("a failure reaches its caller and nobody else", async () => {
  const turns = new Turns();
  await assertRejects(() => turns.alone(() => Promise.reject(new Error("no"))), Error, "no");
  await assertRejects(() => turns.share(() => Promise.reject(new Error("no"))), Error, "no");
  assertEquals(await turns.alone(() => Promise.resolve("yes")), "yes");
  assertEquals(await turns.share(() => Promise.resolve("yes")), "yes");
});
