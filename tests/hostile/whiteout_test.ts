import { assertEquals, assertStringIncludes } from "@std/assert";
import { rawEntry } from "../tar/raw_tar.ts";
import { tempDir } from "../support/temp_dir.ts";
import { listAll, refused, taken } from "./attack.ts";
import { exported, exportLayers } from "./exported.ts";
import { directory, file, hardlink, symlink, tarOf } from "./tars.ts";

interface Hostile {
  /** The number in the list of bad inputs. */
  readonly item: number;
  readonly why: string;
  readonly layers: readonly Uint8Array[];
}

const REFUSED: readonly (Hostile & { readonly says: string })[] = [
  { item: 28, why: ".wh. alone", layers: [tarOf(file(".wh."))], says: '".wh."' },
  { item: 29, why: ".wh.., for .", layers: [tarOf(file("d/.wh.."))], says: '"d/.wh.."' },
  { item: 29, why: ".wh..., for ..", layers: [tarOf(file("d/.wh..."))], says: '"d/.wh..."' },
  {
    item: 34,
    why: "a file under a whiteout",
    layers: [tarOf(file(".wh.a/x"))],
    says: "expected nothing under a whiteout",
  },
  { item: 35, why: "../.wh.x", layers: [tarOf(file("../.wh.x"))], says: 'without ".."' },
];

for (const { item, why, layers, says } of REFUSED) {
  Deno.test(`${item}: export refuses the whiteout ${why}`, async () => {
    await using dir = await tempDir();
    const { message } = await refused(await exportLayers(dir.path, layers));
    assertStringIncludes(message, says);
    assertEquals(await listAll(dir.join("out")), []);
  });
}

const BASE = tarOf(directory("d/"), file("d/old"), file("a", "old"));

const APPLIED: readonly (Hostile & { readonly gives: readonly string[] })[] = [
  {
    item: 30,
    why: ".wh.wh.x hides wh.x",
    layers: [tarOf(file("wh.x")), tarOf(file(".wh.wh.x"))],
    gives: [],
  },
  {
    item: 30,
    why: "bookkeeping of AUFS is left out",
    layers: [tarOf(file(".wh..wh.plnk/1.2"), file(".wh..wh.aufs"))],
    gives: [],
  },
  {
    item: 31,
    why: "an opaque marker at the end of its layer hides the layers below alone",
    layers: [BASE, tarOf(file("d/new"), file("d/.wh..wh..opq"))],
    gives: ["a", "d/new", "d/"],
  },
  {
    item: 32,
    why: "a whiteout beside the file itself leaves the file of its layer",
    layers: [BASE, tarOf(file("a", "new"), file(".wh.a"))],
    gives: ["d/old", "a", "d/"],
  },
  {
    item: 33,
    why: "a whiteout of a directory leaves its layer's children of it",
    layers: [BASE, tarOf(file("d/new"), file(".wh.d"))],
    gives: ["a", "d/new", "d/"],
  },
  {
    item: 34,
    why: "a whiteout is one whether it has a body, is a directory, a symlink or a hard link",
    layers: [
      tarOf(file("a"), file("b"), file("c"), file("d"), file("e")),
      tarOf(
        file(".wh.a", "a body"),
        directory(".wh.b/"),
        symlink(".wh.c", "/etc"),
        hardlink(".wh.d", "/etc/passwd"),
      ),
    ],
    gives: ["e"],
  },
  {
    item: 34,
    why: "a whiteout of what is not there does nothing",
    layers: [tarOf(file(".wh.missing"), file("no/.wh..wh..opq"), file("x"))],
    gives: ["x"],
  },
  {
    item: 35,
    why: "a whiteout through a symlink out of the root stays inside it",
    layers: [
      tarOf(file("etc/passwd"), file("srv/x"), symlink("s", "/etc"), symlink("up", "../../..")),
      tarOf(file("s/.wh.passwd"), file("up/.wh.srv")),
    ],
    gives: ["s -> /etc", "up -> ../../..", "etc/"],
  },
  {
    item: 36,
    why: "a hard link outlives the name it was made of",
    layers: [tarOf(file("a"), hardlink("b", "a"), hardlink("c", "a")), tarOf(file(".wh.a"))],
    gives: ["b", "c == b"],
  },
];

for (const { item, why, layers, gives } of APPLIED) {
  Deno.test(`${item}: in an export, ${why}`, async () => {
    assertEquals(await exported(layers), gives);
  });
}

for (const name of [".wh.", ".wh..", ".wh...", ".wh.a", ".wh..wh..opq"]) {
  Deno.test(`28: append --directory refuses a file named "${name}" rather than hide with it`, async () => {
    await using dir = await tempDir();
    await Deno.mkdir(dir.join("tree"));
    await Deno.writeTextFile(dir.join("tree", name), "");
    const { message } = await refused(
      ["append", "--directory", dir.join("tree"), "-t", "app:v1", "-o", dir.join("out.tar")],
    );
    assertStringIncludes(message, name);
    assertEquals(await listAll(dir.path), ["tree", `tree/${name}`]);
  });

  Deno.test(`28: append --remove refuses the name "${name}"`, async () => {
    await using dir = await tempDir();
    const { code } = await refused(
      ["append", "--remove", `/etc/${name}`, "-t", "app:v1", "-o", dir.join("out.tar")],
    );
    assertEquals(code, 2);
    assertEquals(await listAll(dir.path), []);
  });
}

Deno.test("34: append passes the whiteouts of a tar as they are", async () => {
  await using dir = await tempDir();
  const tar = tarOf(file(".wh.", "x"), rawEntry({ type: "5", name: ".wh..wh..opq/" }));
  await Deno.writeFile(dir.join("evil.tar"), tar);
  await taken(["append", "-f", dir.join("evil.tar"), "-t", "app:v1", "-o", dir.join("out.tar")]);
});
