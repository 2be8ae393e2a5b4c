import { assert, assertEquals, assertMatch } from "@std/assert";
import { runDavitOk } from "../support/cli.ts";
import { openWorld } from "./world.ts";

/** An empty tar that comes slowly enough to be watched. */
function slowTar(): ReadableStream<Uint8Array> {
  return ReadableStream.from(async function* () {
    for (let i = 0; i < 6; i++) {
      yield new Uint8Array(512 * 1024);
      await new Promise((resolve) => setTimeout(resolve, 60));
    }
  }());
}

Deno.test("progress on a terminal is one line that is written over, then erased", async () => {
  await using world = await openWorld();
  const words = ["append", "-f", "-", "-t", `${world.registry}/app:v1`, "--compression", "none"];
  const { stdout, stderr } = await runDavitOk(words, { stdin: slowTar(), isTerminal: true });
  assertMatch(stdout, /^\S+@sha256:\S+\n$/);
  const draws = stderr.split("\r").slice(1);
  assert(draws.length >= 3, stderr);
  assert(!stderr.includes("\n"));
  for (const draw of draws.slice(0, -1)) {
    assertMatch(draw.replace("\x1b[K", "<erased>"), /^[\d.]+ [kM]?B.*, \d+ done<erased>$/);
  }
  assertEquals(draws.at(-1), "\x1b[K");
});

Deno.test("there is no progress where nobody watches", async () => {
  await using world = await openWorld();
  const words = ["append", "-f", "-", "-t", `${world.registry}/app:v1`];
  assertEquals((await runDavitOk(words, { stdin: slowTar() })).stderr, "");
});

Deno.test("what is quick shows no progress", async () => {
  await using world = await openWorld();
  const words = ["append", "--remove", "a", "-t", `${world.registry}/app:v1`];
  assert((await runDavitOk(words, { isTerminal: true })).stderr.length < 200);
});

Deno.test("--json tells of progress at most ten times a second, even on a terminal", async () => {
  await using world = await openWorld();
  const words = ["append", "--json", "-f", "-", "-t", `${world.registry}/app:v1`];
  const { stderr } = await runDavitOk(words, { stdin: slowTar(), isTerminal: true });
  const events = stderr.trim().split("\n").map((line) => JSON.parse(line));
  const progress = events.filter(({ kind }) => kind === "progress");
  assert(progress.length >= 1 && progress.length <= 8, `${progress.length}`);
});
