/** What images can hold that looks at their files must survive. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { DocumentError } from "../../lib/errors.ts";
import { copyOut } from "../../lib/inspect/copy_out.ts";
import { diffImages } from "../../lib/inspect/diff.ts";
import { ImageFiles } from "../../lib/inspect/image_files.ts";
import { lintImage } from "../../lib/inspect/lint.ts";
import { validateView } from "../../lib/inspect/validate.ts";
import type { Image } from "../../lib/image/image.ts";
import { concat } from "../../lib/stream/concat.ts";
import type { TarHeader } from "../../lib/tar/entry.ts";
import { encodeHeader, END_OF_ARCHIVE } from "../../lib/tar/writer.ts";
import { imageIn, putImage, putTar, RawPlace } from "../inspect/raw_place.ts";
import { runDavit } from "../support/cli.ts";
import { tempDir } from "../support/temp_dir.ts";
import { openWorld } from "../cli/world.ts";
import { makeImage } from "../support/images.ts";

/** An image of one tar of empty entries, from headers as they are. */
async function imageOf(headers: Iterable<Partial<TarHeader>>): Promise<Image> {
  const owned = {
    type: "file",
    name: "a",
    mode: 0o644,
    uid: 0,
    gid: 0,
    mtime: 0,
    size: 0,
  } as const;
  const blocks = Array.from(headers, (header) => encodeHeader({ ...owned, ...header }));
  const place = new RawPlace();
  const layer = await putTar(place, concat([...blocks, END_OF_ARCHIVE]));
  return imageIn(place, await putImage(place, [layer]));
}

Deno.test.each<{ what: string; header: Partial<TarHeader> }>([
  { what: "a path that leads out", header: { name: "a/../../b" } },
  { what: "a hard link that leads out", header: { type: "hardlink", linkName: "../b" } },
  { what: "a hard link to nothing", header: { type: "hardlink", linkName: "b" } },
  { what: "a path longer than Linux has", header: { name: "a/".repeat(3000) + "b" } },
  { what: "an entry below a whiteout", header: { name: ".wh.a/b" } },
])("$what is refused by name, and copied nowhere", async ({ header }) => {
  await using dir = await tempDir();
  const image = await imageOf([header]);
  await using files = new ImageFiles(image);
  await assertRejects(() => files.list("/"), DocumentError);
  await assertRejects(() => copyOut(files, "/", dir.join("out")), DocumentError);
  await assertRejects(() => lintImage(image), DocumentError);
  await assertRejects(() => diffImages(image, makeImage([])), DocumentError);
  assertEquals((await validateView(image)).digest, (await image.descriptor()).digest);
  assertEquals(await Array.fromAsync(Deno.readDir(dir.path)), []);
});

Deno.test("200,000 files are listed, counted and looked for in time", async () => {
  const headers = Array.from({ length: 200_000 }, (_, at) => ({ name: `d${at % 400}/f${at}` }));
  await using files = new ImageFiles(await imageOf(headers));
  assertEquals((await files.list("/d7")).length, 500);
  assertEquals((await files.locate("/d7/f407")).path, "/d7/f407");
});

Deno.test("links that lead round and round, or up and out, end inside the root", async () => {
  const chain = Array.from({ length: 60 }, (_, at): Partial<TarHeader> => ({
    type: "symlink",
    name: `l${at}`,
    linkName: `l${at + 1}`,
  }));
  await using files = new ImageFiles(
    await imageOf([
      ...chain,
      { type: "symlink", name: "up", linkName: "../../../../../etc" },
      { name: "etc/inside" },
    ]),
  );
  await assertRejects(() => files.locate("l0"), DocumentError, "a loop of links");
  assertEquals((await files.list("up")).map(({ path }) => path), ["/etc/inside"]);
});

Deno.test("names that steer a terminal are printed as what they are", async () => {
  await using world = await openWorld();
  const names = ["\x1b[2J", "a\rb", "\u202egnp.exe", "new\nline"];
  await world.push("app:v1", makeImage([names.map((path) => ({ path, content: "x" }))]));
  for (const words of [["fs", "ls"], ["fs", "find"], ["fs", "du", "--all"], ["lint"]]) {
    const { stdout } = await runDavit([...words, `${world.registry}/app:v1`]);
    // deno-lint-ignore no-control-regex
    assert(!/[\x00-\x09\x0b-\x1f\u202e]/.test(stdout), JSON.stringify(stdout));
    const lines = stdout.trimEnd().split("\n").length;
    assert(words[0] === "lint" || lines >= 4 && lines <= 5, stdout);
  }
});
