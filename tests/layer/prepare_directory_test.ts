import { assertEquals } from "@std/assert";
import { prepareDirectory } from "../../lib/layer/prepare_directory.ts";
import { tempDir } from "../support/temp_dir.ts";

/** Counts the workers that a call starts, without starting any. */
function startedBy(call: () => void): number {
  let started = 0;
  const original = globalThis.Worker;
  globalThis.Worker = class {
    constructor() {
      started++;
      throw new DOMException("counted", "SecurityError");
    }
  } as unknown as typeof Worker;
  try {
    call();
  } finally {
    globalThis.Worker = original;
  }
  return started;
}

Deno.test("workers start for a directory that holds much, and for no other", async () => {
  await using dir = await tempDir();
  await Deno.writeTextFile(dir.join("small"), "small");
  assertEquals(startedBy(() => prepareDirectory(dir.path, { workers: 1 })), 0);
  assertEquals(startedBy(() => prepareDirectory(dir.join("missing"), { workers: 1 })), 0);
  await Deno.truncate(dir.join("small"), 9 * 2 ** 20);
  assertEquals(startedBy(() => prepareDirectory(dir.path, { engine: "web" })), 0);
  assertEquals(startedBy(() => prepareDirectory(dir.path, { workers: 0 })), 0);
  assertEquals(startedBy(() => prepareDirectory(dir.path, { workers: 1 })), 1);
});
