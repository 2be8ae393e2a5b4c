import { appendLayers } from "../../lib/image/append.ts";
import { configureImage } from "../../lib/image/configure.ts";
import { emptyImage } from "../../lib/image/empty.ts";
import type { Image } from "../../lib/image/image.ts";
import { layerFromEntries } from "../../lib/layer/entries.ts";
import type { LayerEntry } from "../../lib/layer/layer_entry.ts";
import { hostPlatform } from "../../lib/oci/platform.ts";
import { findCommand } from "./command.ts";

/** Stays until it is told to go, and goes at once: the first process of a container is deaf to TERM. */
const STAY = "trap 'exit 0' TERM; while :; do sleep 3600 & wait; done";

/** An image whose containers have a shell and do nothing, with the files that are given. */
export async function podImage(files: readonly LayerEntry[] = []): Promise<Image> {
  const busybox = await Deno.readFile(findCommand("busybox") ?? "busybox");
  const applets = ["cat", "echo", "httpd", "ls", "nslookup", "sh", "sleep", "wget"];
  const layer = layerFromEntries([
    { path: "bin/busybox", content: busybox, mode: 0o755 },
    ...applets.map((applet): LayerEntry => (
      { path: `bin/${applet}`, type: "symlink", linkName: "busybox" }
    )),
    { path: "etc/passwd", content: "root:x:0:0::/:/bin/sh\n" },
    { path: "tmp", type: "directory", mode: 0o1777 },
    ...files,
  ]);
  return configureImage(appendLayers(emptyImage({ platform: hostPlatform() }), [layer]), {
    env: { PATH: "/bin" },
    entrypoint: ["/bin/sh", "-c", STAY],
  });
}
