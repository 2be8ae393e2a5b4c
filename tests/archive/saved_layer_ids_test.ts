import { assertEquals } from "@std/assert";
import { savedLayerIds } from "../../lib/archive/saved_layer_ids.ts";
import type { Digest } from "../../lib/oci/digest.ts";

Deno.test("layers are saved under the IDs that Docker 20.10 gave them", async () => {
  const diffIds: readonly Digest[] = [
    "sha256:3e89bf6db00f8aa22e9d9c5d6516d75b6d379549a8bec96536806956204c4ff2",
    "sha256:108a0d6126fc829ab8b2a9e81d666cd45fb82b37694b832771470186cba71079",
  ];
  assertEquals([...await savedLayerIds(diffIds, "1970-01-01T00:00:00Z")], [
    ["f8d360ff9d5995367bc047e82ea8f787453d55be86611fb03252b024cf43a666", diffIds[0]],
  ]);
});
