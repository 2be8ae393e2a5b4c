/**
 * Kills a puller of 500 MB twenty times, without a warning, at random points, and tells how many
 * bytes went out in all: `deno run -A tests/bench/killed_pull.ts`.
 */
import { pullAndKill, serveSlowImage } from "../support/killed_pull.ts";

const MB = 1_000_000;
const KILLS = 20;
const LAYERS = [[500 * MB], [200 * MB, 150 * MB, 100 * MB, 50 * MB]];

for (const layers of LAYERS) {
  for (
    const wordsOf of [
      (image: string, out: string) => ["copy", image, `oci:${out}:v1`],
      (image: string, out: string) => ["pull", image, `${out}.tar`],
    ]
  ) {
    const directory = await Deno.makeTempDir({ prefix: "davit_bench_" });
    await using image = await serveSlowImage({ layers, chunkBytes: 64 * 1024, pauseMs: 1 });
    const words = wordsOf(image.name, `${directory}/out`);
    await pullAndKill(image, words, KILLS);
    await Deno.remove(directory, { recursive: true });
    const ratio = (image.sent() / image.size).toFixed(3);
    const line = `${words[0]}, ${layers.length} layers: ${image.sent()} bytes, ratio ${ratio}\n`;
    Deno.stdout.writeSync(new TextEncoder().encode(line));
  }
}
