import { assert, assertEquals } from "@std/assert";
import { DAVIT, runDavitOk, spawnDavit } from "../support/cli.ts";
import { pullAndKill, serveSlowImage } from "../support/killed_pull.ts";
import { tempDir } from "../support/temp_dir.ts";

const MIB = 1024 * 1024;

for (
  const { what, kills, wordsOf, place } of [
    {
      what: "copy to a layout",
      kills: 20,
      wordsOf: (image: string, out: string) => ["copy", image, `oci:${out}:v1`],
      place: (out: string) => `oci:${out}:v1`,
    },
    {
      what: "pull into a tarball",
      kills: 10,
      wordsOf: (image: string, out: string) => ["pull", image, out],
      place: (out: string) => `docker-archive:${out}`,
    },
  ]
) {
  Deno.test(`a ${what} that was killed ${kills} times ends with hardly a byte fetched twice`, async () => {
    await using dir = await tempDir();
    await using image = await serveSlowImage({
      layers: [36 * MIB, 24 * MIB],
      chunkBytes: 16 * 1024,
      pauseMs: 4,
    });
    const out = dir.join("out");
    const digest = await pullAndKill(image, wordsOf(image.name, out), kills);
    assert(image.sent() < 1.1 * image.size, `sent ${image.sent()} of ${image.size}`);
    assertEquals((await runDavitOk(["digest", place(out)])).stdout, digest);
    await runDavitOk(["copy", place(out), `oci:${dir.join("again")}:v1`]);
    const left = (await Array.fromAsync(Deno.readDir(dir.path))).map(({ name }) => name).sort();
    assertEquals(left, ["again", "out"]);
  });
}

for (const isTarball of [false, true]) {
  const what = isTarball ? "tarball" : "layout";
  Deno.test(`two processes that pull one image into one ${what} at once both succeed`, async () => {
    await using dir = await tempDir();
    await using image = await serveSlowImage({
      layers: [6 * MIB, 4 * MIB],
      chunkBytes: 64 * 1024,
      pauseMs: 2,
    });
    const out = dir.join("out");
    const words = isTarball ? ["pull", image.name, out] : ["copy", image.name, `oci:${out}:v1`];
    const results = await Promise.all([1, 2, 3].map(() => spawnDavit(words)));
    for (const { code, stderr } of results) assertEquals(code, 0, stderr);
    const place = isTarball ? `docker-archive:${out}` : `oci:${out}:v1`;
    assertEquals((await runDavitOk(["digest", place])).stdout, results[0]?.stdout);
    await runDavitOk(["copy", place, `oci:${dir.join("again")}:v1`]);
    const left = (await Array.fromAsync(Deno.readDir(dir.path))).map(({ name }) => name).sort();
    assertEquals(left, ["again", "out"]);
  });

  Deno.test(`Ctrl-C leaves what has come of a ${what}, and the next attempt fetches the rest`, async () => {
    await using dir = await tempDir();
    await using image = await serveSlowImage({
      layers: [12 * MIB],
      chunkBytes: 64 * 1024,
      pauseMs: 2,
    });
    const out = dir.join("out");
    const words = isTarball ? ["pull", image.name, out] : ["copy", image.name, `oci:${out}:v1`];
    const puller = new Deno.Command(Deno.execPath(), {
      args: [...DAVIT, ...words],
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    await image.whenSent(6 * MIB);
    puller.kill("SIGINT");
    assertEquals((await puller.status).code, 130);
    const name = isTarball ? dir.path : out;
    const names = (await Array.fromAsync(Deno.readDir(name))).map(({ name }) => name);
    assert(names.some((name) => name.endsWith(".part")), names.join());
    await runDavitOk(words);
    assert(image.sent() < 1.2 * image.size, `sent ${image.sent()} of ${image.size}`);
  });
}
