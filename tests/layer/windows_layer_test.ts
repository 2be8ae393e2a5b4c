import { assertEquals, assertRejects } from "@std/assert";
import { DocumentError } from "../../lib/errors.ts";
import { layerFromEntries } from "../../lib/layer/entries.ts";
import type { LayerEntry } from "../../lib/layer/layer_entry.ts";
import { StreamLayer } from "../../lib/layer/stream_layer.ts";
import { windowsLayer } from "../../lib/layer/windows_layer.ts";
import { readTar } from "../../lib/tar/read_tar.ts";
import { tarLines } from "../support/tar_lines.ts";

const SECURITY = "MSWINDOWS.rawsd";

function linesOf(entries: readonly LayerEntry[]): Promise<string[]> {
  return tarLines(windowsLayer(layerFromEntries(entries)).uncompressed());
}

Deno.test("windowsLayer() puts files, links and whiteouts below Files", async () => {
  const lines = await linesOf([
    { path: "app", type: "directory" },
    { path: "app/a.exe", content: "MZ" },
    { path: "app/b.exe", type: "hardlink", linkName: "app/a.exe" },
    { path: "app/c.exe", type: "symlink", linkName: "a.exe" },
    { path: "app/.wh.old" },
  ]);
  assertEquals(lines, [
    "Files",
    "Files/app",
    "Files/app/.wh.old = ",
    "Files/app/a.exe = MZ",
    "Files/app/b.exe == Files/app/a.exe",
    "Files/app/c.exe -> a.exe",
    "Hives",
  ]);
});

Deno.test("windowsLayer() makes both directories of nothing, too", async () => {
  assertEquals(await linesOf([]), ["Files", "Hives"]);
});

Deno.test("windowsLayer() lets users run what has no security descriptor of its own", async () => {
  const own = new TextEncoder().encode("AQ==");
  const layer = windowsLayer(layerFromEntries([
    { path: "a" },
    { path: "b", vendorRecords: new Map([[SECURITY, own]]) },
  ]));
  const found = new Map<string, string>();
  for await (const { header } of readTar(layer.uncompressed())) {
    found.set(header.name, new TextDecoder().decode(header.vendorRecords?.get(SECURITY)));
  }
  const { buffer } = Uint8Array.fromBase64(found.get("Files/a") ?? "");
  const descriptor = new DataView(buffer);
  const number = (at: number) => descriptor.getUint32(at, true);
  const sidAt = (at: number) => {
    const [revision, authority] = [descriptor.getUint8(at), descriptor.getUint8(at + 7)];
    return `S-${revision}-${authority}-${number(at + 8)}-${number(at + 12)}`;
  };
  const [owner, group] = [sidAt(number(4)), sidAt(number(8))];
  assertEquals([owner, group], ["S-1-5-32-545", "S-1-5-32-545"]); // BUILTIN\\Users
  assertEquals(found.get("Files/b"), "AQ==");
});

Deno.test("windowsLayer() keeps a layer of this form, and refuses half of one", async () => {
  const done = ["Files/a", "Hives/b", "UtilityVM/c"].map((path) => ({ path }));
  assertEquals(await linesOf(done), ["Files/a = ", "Hives/b = ", "UtilityVM/c = "]);
  for (const paths of [["Files/a", "b"], ["A", "Files/a"]]) {
    await assertRejects(() => linesOf(paths.map((path) => ({ path }))), DocumentError, "Files");
  }
});

Deno.test("windowsLayer() keeps compression and family, and what can be read once stays so", async () => {
  const plain = layerFromEntries([{ path: "a" }], { compression: "zstd", family: "docker" });
  const layer = windowsLayer(plain);
  assertEquals(layer.mediaType, plain.mediaType);
  assertEquals(await layer.diffId(), await layer.diffId());
  const once = windowsLayer(new StreamLayer(plain.uncompressed()));
  await once.compressed().pipeTo(new WritableStream());
  assertEquals(await once.diffId(), await layer.diffId());
});
