import { assertEquals } from "@std/assert";
import golden from "../fixtures/docker-save-golden.json" with { type: "json" };
import { digestBytes } from "../../lib/oci/digest.ts";
import { encodeHeader, END_OF_ARCHIVE, paddingOf } from "../../lib/tar/mod.ts";
import { concat } from "./raw_tar.ts";

interface GoldenArchive {
  readonly size: number;
  readonly sha256: string;
  readonly entries: readonly {
    readonly name: string;
    readonly size: number;
    readonly sha256: string;
  }[];
  readonly manifestJson: string;
  readonly repositories?: string;
}

/** The one v1 document that is spelled out here; its digest is in the golden entries. */
const V1_JSON = '{"architecture":"amd64","author":"someone \\u003ca@b.example\\u003e",' +
  '"created":"0001-01-01T00:00:00Z","os":"linux","rootfs":{"type":"","diff_ids":null},' +
  '"config":{},"container_config":{"Cmd":["COPY a \\u003cb\\u003e /"]},' +
  '"id":"68764ef9e59293f646510683a61505586ea0789f983680b7f8aca9c6344ec990",' +
  '"comment":"c \\u0026 d"}';

const archives: (GoldenArchive & { readonly name: string })[] = [];
const bodies = new Map<string, Uint8Array>();
for (const text of [V1_JSON, "1.0"]) await remember(new TextEncoder().encode(text));
for (const { name, images, legacy, modern } of golden.cases) {
  for (const { config, layers } of images) {
    await remember(new TextEncoder().encode(config));
    for (const { bytesBase64 } of layers) await remember(Uint8Array.fromBase64(bytesBase64));
  }
  await add(`legacy, ${name}`, legacy);
  await add(`modern, ${name}`, modern);
}

const known = archives.filter(({ entries }) => entries.every(({ sha256 }) => bodies.has(sha256)));

Deno.test("ten of the golden archives can be made of their entries", () => {
  assertEquals(known.length, 10);
});

Deno.test.each(known)(
  "headers, bodies and padding make the archive of Go byte for byte: $name",
  async ({ entries, size, sha256 }) => {
    const parts = entries.flatMap(({ name, size, sha256 }) => [
      encodeHeader({ type: "file", name, size, mode: 0o644, uid: 0, gid: 0, mtime: 0 }),
      bodies.get(sha256) ?? new Uint8Array(),
      new Uint8Array(paddingOf(size)),
    ]);
    const tar = concat(...parts, END_OF_ARCHIVE);
    assertEquals(tar.length, size);
    assertEquals(await digestBytes(tar), `sha256:${sha256}`);
  },
);

async function add(name: string, archive: GoldenArchive | undefined): Promise<void> {
  if (archive === undefined) return;
  archives.push({ name, ...archive });
  for (const text of [archive.manifestJson, archive.repositories ?? ""]) {
    await remember(new TextEncoder().encode(text));
  }
}

async function remember(body: Uint8Array): Promise<void> {
  bodies.set((await digestBytes(body)).slice("sha256:".length), body);
}
