import { appendLayers } from "../../lib/image/append.ts";
import { configureImage } from "../../lib/image/configure.ts";
import { emptyImage } from "../../lib/image/empty.ts";
import type { Image } from "../../lib/image/image.ts";
import { layerFromEntries } from "../../lib/layer/entries.ts";
import { hostPlatform } from "../../lib/oci/platform.ts";
import { findCommand } from "../support/command.ts";

/** An image that runs: a static busybox, and above it one layer for each text. */
export async function busyboxImage(...texts: readonly string[]): Promise<Image> {
  const busybox = await Deno.readFile(findCommand("busybox") ?? "/bin/busybox");
  const base = layerFromEntries([{ path: "bin/busybox", content: busybox, mode: 0o755 }]);
  const layers = texts.map((text, i) => layerFromEntries([{ path: `text${i}`, content: text }]));
  const image = appendLayers(emptyImage({ platform: hostPlatform() }), [
    { layer: base, history: { created_by: "busybox" } },
    ...layers.map((layer) => ({ layer, history: { created_by: "text" } })),
  ]);
  const files = texts.map((_, i) => `/text${i}`);
  return configureImage(image, { entrypoint: ["/bin/busybox", "cat", ...files] });
}
