import { assert, assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import fc from "fast-check";
import { appendLayers } from "../../lib/image/append.ts";
import { emptyImage } from "../../lib/image/empty.ts";
import { exportImage } from "../../lib/image/export_image.ts";
import type { Image } from "../../lib/image/image.ts";
import { TarLayer } from "../../lib/layer/tar_layer.ts";
import { opaque, whiteout } from "../../lib/layer/whiteout.ts";
import { DocumentError, OverwrittenEntryError } from "../../lib/errors.ts";
import type { TarHeader } from "../../lib/tar/entry.ts";
import { type TarInput, writeTar } from "../../lib/tar/write_tar.ts";
import { tarLines } from "../support/tar_lines.ts";

const PLAIN = { size: 0, mode: 0o644, uid: 0, gid: 0, mtime: 0 } as const;

function file(name: string, content = name): TarInput {
  const body = new TextEncoder().encode(content);
  return { header: { ...PLAIN, type: "file", name, size: body.length }, body };
}

function other(type: TarHeader["type"], name: string, linkName?: string): TarInput {
  return { header: { ...PLAIN, type, name, ...(linkName !== undefined && { linkName }) } };
}

function marker({ path }: { readonly path: string }): TarInput {
  return other("file", path);
}

/** An image of layers whose entries may come in any order, and more than once. */
function imageOf(...layers: readonly (readonly TarInput[])[]): Image {
  const tars = layers.map((entries) => new TarLayer(() => writeTar(entries), {}));
  return appendLayers(emptyImage(), tars);
}

async function exported(image: Image, ahead: boolean): Promise<Uint8Array> {
  return await new Response(await exportImage(image, { ahead })).bytes();
}

Deno.test("an export that is written ahead is the same, byte by byte", async () => {
  const base = [
    other("directory", "d/"),
    file("d/kept"),
    file("d/hidden"),
    file("d/large", "x".repeat(300_000)),
    file("gone"),
    other("hardlink", "a-link", "gone"),
    other("hardlink", "b-link", "d/kept"),
    other("symlink", "s", "d"),
    file("s/through"),
    file("replaced", "old"),
    file("opaque/old"),
  ];
  const upper = [
    marker(whiteout("gone")),
    marker(whiteout("d/hidden")),
    marker(opaque("opaque")),
    file("opaque/new"),
    file("replaced", "new"),
    other("hardlink", "c-link", "d/large"),
  ];
  for (const image of [imageOf(base), imageOf(base, upper), imageOf([], base, upper)]) {
    const whole = await exported(image, false);
    assertEquals(await exported(image, true), whole);
    assert((await tarLines(ReadableStream.from([whole]))).includes("d/through = s/through"));
  }
});

const OVERWRITTEN: readonly { readonly why: string; readonly layers: TarInput[][] }[] = [
  { why: "brings a path twice", layers: [[file("a", "old"), file("a", "new")]] },
  { why: "puts a directory where it put a file", layers: [[file("a"), file("a/b")]] },
  { why: "puts a file where it put a directory", layers: [[file("a/b"), file("a")]] },
  {
    why: "is hidden through a symbolic link of its own",
    layers: [[file("real/x"), other("symlink", "alias", "real")], [marker(whiteout("alias/x"))]],
  },
];

for (const { why, layers } of OVERWRITTEN) {
  Deno.test(`an export cannot be written ahead when the lowest layer ${why}`, async () => {
    const image = imageOf(...layers);
    await assertRejects(() => exported(image, true), OverwrittenEntryError, "`ahead`");
  });
}

const path = fc.constantFrom("a", "b", "d", "d/a", "d/b", "d/e", "d/e/a");
const entry = fc.oneof(
  fc.tuple(path, fc.string({ maxLength: 3 })).map(([name, content]) => file(name, content)),
  path.map((name) => other("directory", `${name}/`)),
  fc.tuple(path, fc.constantFrom("d", "/b", "x")).map(([name, to]) => other("symlink", name, to)),
  fc.tuple(path, path).map(([name, to]) => other("hardlink", name, to)),
  path.map((name) => marker(whiteout(name))),
  fc.constantFrom("", "d", "d/e").map((name) => marker(opaque(name))),
);
const layers = fc.array(fc.array(entry, { maxLength: 6 }), { minLength: 1, maxLength: 4 });

Deno.test("an export of any layers is the same when it is written ahead, or says that it is not", async () => {
  let same = 0;
  await fc.assert(
    fc.asyncProperty(layers, async (entries) => {
      const image = imageOf(...entries);
      const whole = await exported(image, false).catch((error) => error);
      const ahead = await exported(image, true).catch((error) => error);
      if (ahead instanceof OverwrittenEntryError && whole instanceof Uint8Array) return;
      if (whole instanceof DocumentError) assertInstanceOf(ahead, DocumentError);
      else assertEquals(ahead, whole);
      same++;
    }),
    { numRuns: 500 },
  );
  assert(same > 100, `${same} of 500 were written ahead`);
});
