import { assertEquals, assertThrows } from "@std/assert";
import { digestBytes } from "../../lib/oci/digest.ts";
import { openHasher } from "../../lib/stream/hash.ts";
import { sampleBytes } from "./sources.ts";

const EMPTY = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

Deno.test("openHasher() hashes nothing to the well-known digest", async () => {
  assertEquals((await openHasher()).digest(), EMPTY);
});

for (const algorithm of ["sha256", "sha512"] as const) {
  Deno.test(`openHasher() gives Web Crypto's ${algorithm}, however the bytes come`, async () => {
    const bytes = sampleBytes(100_000);
    for (const size of [1, 63, 64, 65, 99_999]) {
      const hasher = await openHasher(algorithm);
      hasher.update(bytes.subarray(0, size));
      hasher.update(new Uint8Array());
      hasher.update(bytes.subarray(size));
      assertEquals(hasher.digest(), await digestBytes(bytes, algorithm));
    }
  });
}

Deno.test("a hasher is spent after its digest", async () => {
  const hasher = await openHasher();
  hasher.digest();
  assertThrows(() => hasher.digest());
  assertThrows(() => hasher.update(Uint8Array.of(1)));
});

Deno.test({
  name: "openHasher() asks for no permission",
  permissions: "none",
  async fn() {
    assertEquals((await openHasher()).digest(), EMPTY);
  },
});
