import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { createDockerArchive, createLegacyArchive } from "../../lib/archive/mod.ts";
import { DocumentError } from "../../lib/errors.ts";
import { digestBytes, hexOf } from "../../lib/oci/digest.ts";
import { copy } from "../../lib/store/copy.ts";
import type { Destination } from "../../lib/store/store.ts";
import { readTar } from "../../lib/tar/read_tar.ts";
import { tempDir } from "../support/temp_dir.ts";
import { GOLDEN, type GoldenCase, goldenImages, type GoldenTar } from "./golden.ts";

async function writeCase(golden: GoldenCase, archive: Destination): Promise<void> {
  for (const { view, names } of await goldenImages(golden)) await copy(view, archive, { names });
  await archive.commit();
}

async function describeTar(bytes: Uint8Array): Promise<GoldenTar> {
  const entries: { name: string; size: number; sha256: string }[] = [];
  for await (const entry of readTar(ReadableStream.from([bytes]))) {
    const { name, size } = entry.header;
    entries.push({ name, size, sha256: hexOf(await digestBytes(await entry.bytes())) });
  }
  return { size: bytes.length, sha256: hexOf(await digestBytes(bytes)), entries };
}

function expected({ size, sha256, entries }: GoldenTar): GoldenTar {
  return { size, sha256, entries };
}

for (const golden of GOLDEN) {
  const { name, legacy, legacyError, modern } = golden;
  if (legacy !== undefined) {
    Deno.test(`the legacy archive of "${name}" is go-containerregistry's, byte for byte`, async () => {
      await using dir = await tempDir();
      await using archive = await createLegacyArchive(dir.join("out.tar"));
      await writeCase(golden, archive);
      const tar = await Deno.readFile(dir.join("out.tar"));
      assertEquals(await describeTar(tar), expected(legacy));
    });
  }
  if (legacyError !== undefined) {
    Deno.test(`the legacy archive of "${name}" is refused`, async () => {
      await using dir = await tempDir();
      await using archive = await createLegacyArchive(dir.join("out.tar"));
      const error = await assertRejects(() => writeCase(golden, archive), DocumentError);
      assertStringIncludes(
        error.message,
        "as many history entries with a layer as layers (2), got 1",
      );
    });
  }
  if (modern !== undefined) {
    Deno.test(`the docker archive of "${name}" without a layout is go-containerregistry's`, async () => {
      await using dir = await tempDir();
      await using archive = await createDockerArchive(dir.join("out.tar"), { layout: false });
      await writeCase(golden, archive);
      const tar = await Deno.readFile(dir.join("out.tar"));
      assertEquals(await describeTar(tar), expected(modern));
    });
  }
}
