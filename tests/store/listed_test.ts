import { assertEquals } from "@std/assert";
import { listed } from "../../lib/store/listed.ts";
import type { Descriptor } from "../../lib/oci/descriptor.ts";
import { MEDIA_TYPE } from "../../lib/oci/media_type.ts";

function indexNamed(n: number): Descriptor {
  const digest = `sha256:${n.toString(16).padStart(64, "0")}` as const;
  return { mediaType: MEDIA_TYPE.ociIndex, digest, size: 1 };
}

function numberOf({ digest }: Descriptor): number {
  return Number.parseInt(digest.slice(7), 16);
}

async function walk(childrenOf: (n: number) => number[]): Promise<number[]> {
  const all = listed(
    [indexNamed(0)],
    (index) => Promise.resolve(childrenOf(numberOf(index)).map(indexNamed)),
  );
  return (await Array.fromAsync(all)).map(numberOf);
}

Deno.test({
  name: "listed() gives each index once, also when indexes list each other in a circle",
  permissions: "none",
  async fn() {
    assertEquals(await walk((n) => [n, (n + 1) % 3]), [0, 1, 2]);
  },
});

Deno.test("listed() walks twenty levels that all list both of the next in no time", async () => {
  let reads = 0;
  const levels = await walk((n) => {
    reads++;
    const level = Math.ceil(n / 2);
    return level === 20 ? [] : [2 * level + 1, 2 * level + 2];
  });
  assertEquals([levels.length, reads], [41, 41]);
});

Deno.test("listed() does not read what is no index", async () => {
  const image = { ...indexNamed(1), mediaType: MEDIA_TYPE.ociManifest };
  const all = listed([image], () => Promise.reject(new Error("read")));
  assertEquals(await Array.fromAsync(all), [image]);
});
