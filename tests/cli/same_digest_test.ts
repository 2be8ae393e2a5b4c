/** Every edit gives the same digest again, in another repository and with another number of workers. */
import { assertEquals } from "@std/assert";
import { createIndex } from "../../lib/image/create_index.ts";
import { whiteout } from "../../lib/layer/whiteout.ts";
import { runDavitOk } from "../support/cli.ts";
import { makeImage } from "../support/images.ts";
import { openWorld, type World } from "./world.ts";

/** Compresses to several blocks. */
const LARGE = Array.from({ length: 300_000 }, (_, line) => `line ${line * 7919}`).join("\n");

const EDITS: readonly (readonly string[])[] = [
  ["append", "-b", "IMAGE", "-f", "DIR/files", "-t", "RESULT"],
  ["append", "-b", "IMAGE", "-f", "DIR/files", "--compression", "zstd", "-t", "RESULT"],
  ["mutate", "IMAGE", "-l", "a=b", "--append", "DIR/files", "-t", "RESULT"],
  ["mutate", "IMAGE", "--format", "docker", "--compression", "zstd", "-t", "RESULT"],
  ["flatten", "IMAGE", "-t", "RESULT"],
  ["squash", "--top", "2", "IMAGE", "-t", "RESULT"],
  ["retime", "IMAGE", "--time", "1000", "-t", "RESULT"],
  ["recompress", "IMAGE", "--compression", "zstd", "-t", "RESULT"],
];

async function push(world: World): Promise<string> {
  const images = ["linux/amd64", "linux/arm64"].map((platform) => ({
    image: makeImage([
      [{ path: "large", content: LARGE }, { path: "a", content: platform }],
      [{ path: "link", type: "hardlink", linkName: "a" }],
      [whiteout("a"), { path: "b" }],
    ], { platform }),
  }));
  await world.push("app:v1", createIndex(images));
  return `${world.registry}/app:v1`;
}

Deno.test("every edit gives the same digest again, whatever the number of workers", async (t) => {
  await using world = await openWorld();
  const image = await push(world);
  await world.write("files/large", LARGE);
  for (const words of EDITS) {
    await t.step(words.join(" "), async () => {
      const digests = await Promise.all([0, 1, 2].map(async (workers) => {
        const filled = words.map((word) =>
          word.replace("IMAGE", image).replace("DIR", world.dir)
            .replace("RESULT", `${world.registry}/result${workers}:v1`)
        );
        const { stdout } = await runDavitOk([...filled, "--workers", `${workers}`]);
        return stdout.trim().split("@")[1];
      }));
      assertEquals(new Set(digests).size, 1, digests.join(" "));
    });
  }
});
