import { assert, assertEquals } from "@std/assert";
import { runDavitOk } from "../support/cli.ts";
import { pullAndKill, serveSlowImage } from "../support/killed_pull.ts";
import { tempDir } from "../support/temp_dir.ts";

const MIB = 1024 * 1024;
const KILLS = 20;

for (
  const { what, wordsOf, place } of [
    {
      what: "copy to a layout",
      wordsOf: (image: string, out: string) => ["copy", image, `oci:${out}:v1`],
      place: (out: string) => `oci:${out}:v1`,
    },
    {
      what: "pull into a tarball",
      wordsOf: (image: string, out: string) => ["pull", image, out],
      place: (out: string) => `docker-archive:${out}`,
    },
  ]
) {
  Deno.test(`a ${what} that was killed ${KILLS} times ends with hardly a byte fetched twice`, async () => {
    await using dir = await tempDir();
    await using image = await serveSlowImage({
      layers: [36 * MIB, 24 * MIB],
      chunkBytes: 16 * 1024,
      pauseMs: 4,
    });
    const out = dir.join("out");
    const digest = await pullAndKill(image, wordsOf(image.name, out), KILLS);
    assert(image.sent() < 1.1 * image.size, `sent ${image.sent()} of ${image.size}`);
    assertEquals((await runDavitOk(["digest", place(out)])).stdout, digest);
    await runDavitOk(["copy", place(out), `oci:${dir.join("again")}:v1`]);
    const left = (await Array.fromAsync(Deno.readDir(dir.path))).map(({ name }) => name).sort();
    assertEquals(left, ["again", "out"]);
  });
}
