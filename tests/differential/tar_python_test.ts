import { assertEquals } from "@std/assert";
import { readTar, type TarHeader, writeTar } from "../../lib/tar/mod.ts";
import { runOk } from "../support/command.ts";
import { peerTest } from "../support/peers.ts";

const FILE: TarHeader = { type: "file", name: "a", size: 0, mode: 0o644, uid: 0, gid: 0, mtime: 0 };

const HEADERS: readonly TarHeader[] = [
  { ...FILE, name: "file", mode: 0o4755, uid: 1000, gid: 100, userName: "u", groupName: "g" },
  { ...FILE, type: "directory", name: "d", mode: 0o1777, mtime: 1_700_000_000 },
  { ...FILE, type: "symlink", name: "link", linkName: "../away", mode: 0o777 },
  { ...FILE, type: "hardlink", name: "hard", linkName: "file" },
  { ...FILE, type: "character-device", name: "null", deviceMajor: 1, deviceMinor: 3 },
  { ...FILE, type: "block-device", name: "sda", deviceMajor: 8, deviceMinor: 2_097_151 },
  { ...FILE, type: "fifo", name: "pipe" },
  { ...FILE, name: `${"p".repeat(150)}/${"n".repeat(90)}` },
];

/** What the ustar format cannot say. */
const LARGE: readonly TarHeader[] = [
  { ...FILE, name: "n".repeat(300) },
  { ...FILE, type: "symlink", name: "long", linkName: "../".repeat(200) },
  { ...FILE, name: "ä€😀", uid: 2 ** 31, gid: 2 ** 32 - 1 },
  { ...FILE, name: "old", mtime: -1_000_000 },
  { ...FILE, name: "new", mtime: 2 ** 33 },
];

/** What only PAX can say. */
const XATTRS: readonly TarHeader[] = [
  { ...FILE, name: "noted", xattrs: new Map([["user.note", new TextEncoder().encode("a=b\n")]]) },
];

const WRITE = `
import io, json, sys, tarfile
format, headers = json.load(sys.stdin)
types = dict(file=b"0", hardlink=b"1", symlink=b"2", directory=b"5", fifo=b"6")
types.update({"character-device": b"3", "block-device": b"4"})
with tarfile.open(fileobj=sys.stdout.buffer, mode="w|", format=getattr(tarfile, format)) as tar:
    for h in headers:
        member = tarfile.TarInfo(h["name"])
        member.type, member.mode, member.mtime = types[h["type"]], h["mode"], h["mtime"]
        member.uid, member.gid, member.size = h["uid"], h["gid"], h["size"]
        member.uname, member.gname = h.get("userName", ""), h.get("groupName", "")
        member.linkname = h.get("linkName", "")
        member.devmajor, member.devminor = h.get("deviceMajor", 0), h.get("deviceMinor", 0)
        for name, value in h.get("xattrs", {}).items():
            member.pax_headers["SCHILY.xattr." + name] = value
        tar.addfile(member, io.BytesIO(b"x" * member.size))
`;

const READ = `
import json, sys, tarfile
types = {b"0": "file", b"1": "hardlink", b"2": "symlink", b"5": "directory", b"6": "fifo"}
types.update({b"3": "character-device", b"4": "block-device"})
headers = []
with tarfile.open(fileobj=sys.stdin.buffer, mode="r|") as tar:
    for member in tar:
        type = types[member.type]
        h = dict(type=type, name=member.name, size=member.size, mode=member.mode)
        h.update(uid=member.uid, gid=member.gid, mtime=member.mtime)
        if member.uname: h["userName"] = member.uname
        if member.gname: h["groupName"] = member.gname
        if member.linkname: h["linkName"] = member.linkname
        if "device" in type: h.update(deviceMajor=member.devmajor, deviceMinor=member.devminor)
        xattrs = {k[13:]: v for k, v in member.pax_headers.items() if k.startswith("SCHILY.xattr.")}
        if xattrs: h["xattrs"] = xattrs
        headers.append(h)
print(json.dumps(headers))
`;

for (
  const { format, headers } of [
    { format: "USTAR_FORMAT", headers: HEADERS },
    { format: "GNU_FORMAT", headers: [...HEADERS, ...LARGE] },
    { format: "PAX_FORMAT", headers: [...HEADERS, ...LARGE, ...XATTRS] },
  ]
) {
  peerTest(`python's ${format} reads as it was written`, { needs: ["python3"] }, async () => {
    const { bytes } = await runOk("python3", ["-c", WRITE], {
      stdin: JSON.stringify([format, headers.map(toPlain)]),
    });
    const entries = await Array.fromAsync(readTar(new Blob([bytes]).stream()));
    assertEquals(
      entries.map(({ header }) => ({ ...header, name: header.name.replace(/\/$/, "") })),
      headers,
    );
  });
}

peerTest("python reads what writeTar() wrote", { needs: ["python3"] }, async () => {
  const headers = [...HEADERS, ...LARGE, ...XATTRS];
  const { stdout } = await runOk("python3", ["-c", READ], {
    stdin: writeTar(headers.map((header) => ({ header }))),
  });
  assertEquals(JSON.parse(stdout), headers.map(toPlain));
});

for (const [name, mtime] of [["a half", 1.5], ["a time before 1970", -0.25]] as const) {
  peerTest(`python's parts of a second are read: ${name}`, { needs: ["python3"] }, async () => {
    const { bytes } = await runOk("python3", ["-c", WRITE], {
      stdin: JSON.stringify(["PAX_FORMAT", [{ ...FILE, mtime }]]),
    });
    const [entry] = await Array.fromAsync(readTar(new Blob([bytes]).stream()));
    assertEquals(entry?.header.mtime, mtime);
  });
}

peerTest("python and davit keep a name that is no UTF-8 in the same way", {
  needs: ["python3"],
}, async () => {
  const header = { ...FILE, name: "\udcff\udce4" };
  const { bytes } = await runOk("python3", ["-c", WRITE], {
    stdin: JSON.stringify(["GNU_FORMAT", [header]]),
  });
  const [entry] = await Array.fromAsync(readTar(new Blob([bytes]).stream()));
  assertEquals(entry?.header, header);
  const { stdout } = await runOk("python3", ["-c", READ], { stdin: writeTar([{ header }]) });
  assertEquals(JSON.parse(stdout), [header]);
});

/** A header as JSON has it: attributes as text by name. */
function toPlain({ xattrs, ...header }: TarHeader): Record<string, unknown> {
  if (xattrs === undefined) return header;
  const pairs = [...xattrs].map(([name, value]) => [name, new TextDecoder().decode(value)]);
  return { ...header, xattrs: Object.fromEntries(pairs) };
}
