import { assertEquals, assertStringIncludes } from "@std/assert";
import { runDavit, runDavitOk } from "../support/cli.ts";
import { makeImage } from "../support/images.ts";
import { openWorld, type World } from "./world.ts";

async function pushAt(world: World, tag: string, mtime: number): Promise<string> {
  await world.push(`app:${tag}`, makeImage([[{ path: "a", content: "a", mtime }]]));
  return `${world.registry}/app:${tag}`;
}

Deno.test("retime makes one image of two builds; the time is said, or SOURCE_DATE_EPOCH, or 1970", async () => {
  await using world = await openWorld();
  const [one, two] = [await pushAt(world, "one", 1), await pushAt(world, "two", 2)];
  for (
    const { words, env, created } of [
      { words: [], env: {}, created: "1970-01-01T00:00:00Z" },
      { words: [], env: { SOURCE_DATE_EPOCH: "60" }, created: "1970-01-01T00:01:00Z" },
      {
        words: ["--time", "120"],
        env: { SOURCE_DATE_EPOCH: "60" },
        created: "1970-01-01T00:02:00Z",
      },
    ]
  ) {
    const first = await runDavitOk(["retime", one, ...words], { env });
    const second = await runDavitOk(["retime", two, ...words], { env });
    assertEquals(first.stdout, second.stdout);
    assertEquals(JSON.parse((await runDavitOk(["config", one])).stdout).created, created);
  }
});

Deno.test("retime refuses a time that is none", async () => {
  const { code, stderr } = await runDavit(["retime", "localhost:1/app", "--time", "yesterday"]);
  assertEquals(code, 2);
  assertStringIncludes(stderr, "RFC 3339");
});

Deno.test("recompress wants to know how, and keeps the config", async () => {
  await using world = await openWorld();
  const app = await pushAt(world, "one", 1);
  assertEquals((await runDavit(["recompress", app])).code, 2);
  const config = (await runDavitOk(["config", app])).stdout;
  await runDavitOk(["recompress", "--compression", "zstd", "--level", "9", app]);
  assertEquals((await runDavitOk(["config", app])).stdout, config);
  assertStringIncludes((await runDavitOk(["manifest", app])).stdout, "tar+zstd");
});
