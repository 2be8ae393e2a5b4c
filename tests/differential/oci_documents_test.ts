import { assertEquals } from "@std/assert";
import { parseConfig } from "../../lib/oci/config.ts";
import { encodeGoJson } from "../../lib/oci/go_json.ts";
import { parseIndex } from "../../lib/oci/image_index.ts";
import { appendJson, removeJson, setJson } from "../../lib/oci/json.ts";
import { type Manifest, parseManifest } from "../../lib/oci/manifest.ts";
import { runOk } from "../support/command.ts";
import { peerTest } from "../support/peers.ts";
import { tempDir } from "../support/temp_dir.ts";

interface ReadImage {
  readonly manifest: Manifest;
  readonly manifestBytes: Uint8Array;
  readonly configBytes: Uint8Array;
}

/** Reads the one image of a layout, by the descriptors in it. */
async function readImage(layout: string): Promise<ReadImage> {
  const blob = (digest: string) => Deno.readFile(`${layout}/blobs/${digest.replace(":", "/")}`);
  const { manifests: [child] } = parseIndex(await Deno.readFile(`${layout}/index.json`));
  if (child === undefined) throw new Error("the layout is empty");
  const manifestBytes = await blob(child.digest);
  const manifest = parseManifest(manifestBytes, child.mediaType);
  return { manifest, manifestBytes, configBytes: await blob(manifest.config.digest) };
}

peerTest("documents that umoci writes are read, with what umoci was told", {
  needs: ["umoci"],
}, async () => {
  await using dir = await tempDir();
  const layout = dir.join("layout");
  await runOk("umoci", ["init", "--layout", layout]);
  await runOk("umoci", ["new", "--image", `${layout}:v1`]);
  await runOk("umoci", [
    "config",
    ...["--image", `${layout}:v1`, "--config.user", "1000:1000", "--config.env", "A=<b> & c"],
    ...["--architecture", "arm64", "--author", "é \u2028"],
  ]);
  const { manifest, configBytes } = await readImage(layout);
  assertEquals(manifest.layers, []);
  const { architecture, author, config } = parseConfig(configBytes);
  assertEquals({ architecture, author }, { architecture: "arm64", author: "é \u2028" });
  assertEquals(config?.User, "1000:1000");
  assertEquals(config?.Env?.includes("A=<b> & c"), true);
});

peerTest("encodeGoJson() writes back what Go wrote, byte for byte", {
  needs: ["umoci"],
}, async () => {
  await using dir = await tempDir();
  const layout = dir.join("layout");
  await runOk("umoci", ["init", "--layout", layout]);
  await runOk("umoci", ["new", "--image", `${layout}:v1`]);
  const label = 'x=<a> && "b" \\ \u2028 \u0001 \u007f é 😀';
  await runOk("umoci", ["config", "--image", `${layout}:v1`, "--config.label", label]);
  const { manifestBytes, configBytes } = await readImage(layout);
  for (const bytes of [manifestBytes, configBytes]) {
    const text = new TextDecoder().decode(bytes);
    assertEquals(encodeGoJson(JSON.parse(text)), text.trimEnd());
  }
});

peerTest("edits that are made and unmade leave documents of other tools as they were", {
  needs: ["umoci"],
}, async () => {
  await using dir = await tempDir();
  const layout = dir.join("layout");
  await runOk("umoci", ["init", "--layout", layout]);
  await runOk("umoci", ["new", "--image", `${layout}:v1`]);
  const { configBytes } = await readImage(layout);
  const text = new TextDecoder().decode(configBytes);
  const path = ["rootfs", "diff_ids"];
  const count = parseConfig(configBytes).rootfs.diff_ids.length;
  const added = appendJson(setJson(text, ["new"], { a: [1] }), path, `sha256:${"0".repeat(64)}`);
  assertEquals(parseConfig(new TextEncoder().encode(added)).rootfs.diff_ids.length, count + 1);
  assertEquals(removeJson(removeJson(added, [...path, count]), ["new"]), text);
});
