import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { packTar, type ParsedTarEntryWithData, unpackTar } from "modern-tar";
import { readTar, type TarHeader, type TarInput, writeTar } from "../../lib/tar/mod.ts";

/** modern-tar's own names for the types. */
const TYPES = [
  ["file", "file"],
  ["directory", "directory"],
  ["symlink", "symlink"],
  ["hardlink", "link"],
  ["fifo", "fifo"],
] as const;

const segment = fc.oneof(
  fc.stringMatching(/^[a-z]{1,60}$/),
  fc.constantFrom("ä€😀", "x".repeat(100), "with space"),
);
const path = fc.array(segment, { minLength: 1, maxLength: 5 }).map((parts) => parts.join("/"));

const input = fc.record({
  type: fc.nat(TYPES.length - 1),
  name: path,
  linkName: path,
  mode: fc.nat(0o7777),
  uid: fc.constantFrom(0, 1000, 2_097_151),
  gid: fc.constantFrom(0, 100),
  mtime: fc.nat(2_000_000_000),
  body: fc.uint8Array({ maxLength: 1200 }),
  userName: fc.constantFrom("", "root"),
});

interface Pair {
  readonly ours: TarInput & { readonly body: Uint8Array };
  readonly theirs: ParsedTarEntryWithData;
}

/** The same entry for both libraries. */
const pair = input.map(({ type, name, linkName, mode, uid, gid, mtime, body, userName }): Pair => {
  const [ourType, theirType] = TYPES[type] ?? TYPES[0];
  const isLink = ourType.endsWith("link");
  const content = ourType === "file" ? body : new Uint8Array();
  const fullName = ourType === "directory" ? `${name}/` : name;
  const header: TarHeader = {
    type: ourType,
    name: fullName,
    ...(isLink && { linkName }),
    size: content.length,
    mode,
    uid,
    gid,
    ...(userName !== "" && { userName }),
    mtime,
  };
  return {
    ours: { header, body: content },
    theirs: {
      header: {
        name: fullName,
        type: theirType,
        size: content.length,
        mode,
        uid,
        gid,
        mtime: new Date(mtime * 1000),
        uname: userName,
        ...(isLink && { linkname: linkName }),
      },
      ...(ourType === "file" && { data: new Uint8Array(content) }),
    },
  };
});

Deno.test("readTar() reads what modern-tar packs", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(pair, { maxLength: 4 }), async (pairs) => {
      const packed = await packTar(pairs.map(({ theirs }) => theirs));
      const found: TarInput[] = [];
      for await (const entry of readTar(new Blob([packed]).stream())) {
        found.push({ header: entry.header, body: await entry.bytes() });
      }
      assertEquals(found, pairs.map(({ ours }) => ours));
    }),
    { numRuns: 60 },
  );
});

Deno.test("modern-tar unpacks what writeTar() writes", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(pair, { maxLength: 4 }), async (pairs) => {
      const unpacked = await unpackTar(writeTar(pairs.map(({ ours }) => ours)));
      assertEquals(unpacked.map(summary), pairs.map(({ theirs }) => summary(theirs)));
    }),
    { numRuns: 60 },
  );
});

function summary({ header, data = new Uint8Array() }: ParsedTarEntryWithData): unknown {
  const { name, type, size, mode, uid, gid, mtime, uname, linkname } = header;
  const target = linkname ?? "";
  return [name, type, size, mode, uid, gid, mtime?.getTime(), uname ?? "", target, data.toHex()];
}
