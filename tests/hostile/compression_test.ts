import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { digestBytes } from "../../lib/oci/digest.ts";
import { MEDIA_TYPE } from "../../lib/oci/media_type.ts";
import { concat } from "../tar/raw_tar.ts";
import { bombOf, residentBytes } from "./bomb.ts";
import { DAVIT } from "../support/cli.ts";
import { conditionalTest } from "../support/conditional.ts";
import { tempDir } from "../support/temp_dir.ts";
import { listAll, refused, taken } from "./attack.ts";
import { type Contents, EMPTY_TAR, imageContents } from "./contents.ts";
import { layOut } from "./places.ts";
import { file, tarOf } from "./tars.ts";

const TAR = tarOf(file("hello", "hello"));
const GZIP = new Uint8Array(gzipSync(TAR));
const ZSTD = new Uint8Array(zstdCompressSync(TAR));
const JUNK = new Uint8Array(100).fill(65);
const GZIPPED = MEDIA_TYPE.ociLayerGzip;
const ZSTANDARD = MEDIA_TYPE.ociLayerZstd;

interface Hostile {
  /** The number in the list of bad inputs. */
  readonly item: number;
  readonly why: string;
  readonly blob: Uint8Array;
  readonly type: string;
}

function damaged(bytes: Uint8Array, at: number): Uint8Array {
  return bytes.map((byte, index) => index === (at + bytes.length) % bytes.length ? ~byte : byte);
}

function imageOf({ blob, type }: Hostile, diffId?: string): Promise<Contents> {
  const layer = { layers: [blob], layerType: type };
  return digestBytes(TAR).then((digest) =>
    imageContents({ ...layer, diffIds: [diffId ?? digest] })
  );
}

const REFUSED: readonly (Hostile & { readonly says: string })[] = [
  {
    item: 37,
    why: "gzip within gzip",
    blob: new Uint8Array(gzipSync(GZIP)),
    type: GZIPPED,
    says: await digestBytes(GZIP),
  },
  {
    item: 38,
    why: "a zstd window of 2 GiB",
    blob: Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0, 21 << 3, 1, 0, 0),
    type: ZSTANDARD,
    says: "a window of at most 134217728 bytes, got 2147483648",
  },
  {
    item: 38,
    why: "a zstd frame in one segment of 2^63 bytes",
    blob: Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0xe0, ...Array(7).fill(0xff), 0x7f, 1, 0, 0),
    type: ZSTANDARD,
    says: "a window of at most",
  },
  {
    item: 38,
    why: "a zstd frame with a dictionary",
    blob: Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 1, 0, 7, 1, 0, 0),
    type: ZSTANDARD,
    says: "no dictionary, got dictionary 7",
  },
  {
    item: 39,
    why: "junk behind gzip",
    blob: concat(GZIP, JUNK),
    type: GZIPPED,
    says: "Cannot decompress gzip content",
  },
  {
    item: 39,
    why: "junk behind zstd",
    blob: concat(ZSTD, JUNK),
    type: ZSTANDARD,
    says: "expected a frame, got other bytes",
  },
  {
    item: 39,
    why: "a wrong CRC",
    blob: damaged(GZIP, -8),
    type: GZIPPED,
    says: "incorrect data check",
  },
  {
    item: 39,
    why: "a wrong ISIZE",
    blob: damaged(GZIP, -1),
    type: GZIPPED,
    says: "incorrect length check",
  },
  {
    item: 39,
    why: "gzip that is cut",
    blob: GZIP.subarray(0, -10),
    type: GZIPPED,
    says: "it ended early",
  },
  {
    item: 39,
    why: "gzip that is cut in its header",
    blob: GZIP.subarray(0, 5),
    type: GZIPPED,
    says: "it ended early",
  },
  {
    item: 39,
    why: "zstd that is cut",
    blob: ZSTD.subarray(0, -3),
    type: ZSTANDARD,
    says: "it ended early",
  },
  {
    item: 40,
    why: "xz called gzip",
    blob: Uint8Array.of(0xfd, 0x37, 0x7a, 0x58, 0x5a, 0, 0, 0, 0, 0, 0, 0),
    type: GZIPPED,
    says: "expected gzip, zstd or no compression, got xz",
  },
  {
    item: 40,
    why: "no bytes at all",
    blob: new Uint8Array(),
    type: GZIPPED,
    says: "expected digest",
  },
];

for (const hostile of REFUSED) {
  const { item, why, blob, says } = hostile;
  Deno.test(`${item}: whoever opens a layer refuses ${why}, and leaves nothing`, async () => {
    await using dir = await tempDir();
    await using laid = await layOut(await imageOf(hostile), "layout", dir.path);
    await Deno.mkdir(dir.join("out"));
    const commands = [
      ["export", laid.location, dir.join("out", "rootfs.tar")],
      ["copy", laid.location, `docker-legacy:${dir.join("out", "legacy.tar")}`],
    ];
    for (const command of commands) {
      assertStringIncludes((await refused(command)).message, says, command.join(" "));
      assertEquals(await listAll(dir.join("out")), []);
    }
  });

  if (blob.length === 0) continue;
  Deno.test(`${item}: append -f refuses ${why}, and names the file`, async () => {
    await using dir = await tempDir();
    const path = dir.join("layer");
    await Deno.writeFile(path, blob);
    const command = ["append", "-f", path, "-t", "app:v1", "-o", dir.join("out.tar")];
    const { message } = await refused(command);
    if (!why.startsWith("xz")) assertStringIncludes(message, path);
    assertEquals(await listAll(dir.path), ["layer"]);
  });
}

const TAKEN: readonly Hostile[] = [
  { item: 39, why: "members behind one another", type: GZIPPED, blob: membersOf(TAR) },
  { item: 39, why: "zeros behind gzip", type: GZIPPED, blob: concat(GZIP, new Uint8Array(99)) },
  { item: 40, why: "gzip called zstd", type: ZSTANDARD, blob: GZIP },
  { item: 40, why: "zstd called gzip", type: GZIPPED, blob: ZSTD },
  { item: 40, why: "a plain tar called gzip", type: GZIPPED, blob: TAR },
  { item: 40, why: "gzip called a plain tar", type: MEDIA_TYPE.ociLayer, blob: GZIP },
];

function membersOf(tar: Uint8Array): Uint8Array {
  const members = [tar.subarray(0, 600), tar.subarray(600)].map((part) => gzipSync(part));
  return concat(...members.map((member) => new Uint8Array(member)));
}

for (const hostile of TAKEN) {
  const { item, why } = hostile;
  Deno.test(`${item}: bytes decide, not media types: ${why} is read for what it is`, async () => {
    await using dir = await tempDir();
    await using laid = await layOut(await imageOf(hostile), "layout", dir.path);
    await taken(["export", laid.location, dir.join("rootfs.tar")]);
    await taken(["copy", laid.location, `docker-legacy:${dir.join("legacy.tar")}`]);
  });
}

Deno.test("40: a copy that opens no layer hands hostile bytes on as they are", async () => {
  await using dir = await tempDir();
  const contents = await imageContents({ layers: [JUNK], layerType: GZIPPED });
  await using laid = await layOut(contents, "layout", dir.path);
  const printed = await taken(["copy", laid.location, `oci:${dir.join("copy")}:v1`]);
  assertEquals(printed.trim(), contents.root.digest);
  const blob = dir.join("copy", "blobs", "sha256", (await digestBytes(JUNK)).slice(7));
  assertEquals(await Deno.readFile(blob), JUNK);
});

Deno.test("41: a layer that is not what its diff ID says is refused where it is opened", async () => {
  await using dir = await tempDir();
  const promised = `sha256:${"0".repeat(64)}`;
  const contents = await imageContents({ layers: [EMPTY_TAR], diffIds: [promised] });
  await using laid = await layOut(contents, "layout", dir.path);
  await Deno.mkdir(dir.join("out"));
  for (
    const command of [
      ["export", laid.location, dir.join("out", "rootfs.tar")],
      ["copy", laid.location, `docker-legacy:${dir.join("out", "legacy.tar")}`],
    ]
  ) {
    assertStringIncludes((await refused(command)).message, `expected digest "${promised}"`);
    assertEquals(await listAll(dir.join("out")), []);
  }
});

const NO_PROC = Deno.build.os === "linux" ? undefined : "memory is read from /proc, on Linux only";

conditionalTest("37: a bomb of 1 GiB in 1 MiB is exported in flat memory", NO_PROC, async () => {
  await using dir = await tempDir();
  const bomb = bombOf(1024);
  await using laid = await layOut(
    await imageContents({ layers: [bomb.blob], layerType: GZIPPED, diffIds: [bomb.diffId] }),
    "layout",
    dir.path,
  );
  const command = new Deno.Command(Deno.execPath(), {
    args: [...DAVIT, "export", laid.location, dir.join("rootfs.tar")],
    stdout: "null",
    stderr: "inherit",
  });
  await using child = command.spawn();
  let peak = 0;
  const watch = setInterval(() => peak = Math.max(peak, residentBytes(child.pid)), 20);
  const { code } = await child.status;
  clearInterval(watch);
  assertEquals(code, 0);
  assert(peak < 400 * 1024 ** 2, `it took ${peak} bytes of memory`);
});
