import { assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { createIndex } from "../../lib/image/create_index.ts";
import { listImages, platformOf, selectImage } from "../../lib/image/select.ts";
import { parsePlatform } from "../../lib/oci/platform.ts";
import { PlatformError } from "../../lib/errors.ts";
import { makeImage } from "../support/images.ts";

const AMD64 = makeImage([[{ path: "amd64" }]], { platform: "linux/amd64" });
const ARM64 = makeImage([[{ path: "arm64" }]], { platform: "linux/arm64" });
const BOTH = createIndex([{ image: AMD64 }, { image: ARM64 }]);

Deno.test("selectImage() finds the image of a platform in an index", async () => {
  assertStrictEquals(await selectImage(BOTH, parsePlatform("linux/arm64/v8")), ARM64);
});

Deno.test("selectImage() says what an index has when it lacks the platform", async () => {
  const error = await assertRejects(
    () => selectImage(BOTH, parsePlatform("windows/amd64")),
    PlatformError,
    "linux/amd64, linux/arm64",
  );
  assertEquals(error.available, ["linux/amd64", "linux/arm64"]);
});

Deno.test("selectImage() never chooses one of several images by itself", async () => {
  await assertRejects(() => selectImage(BOTH), PlatformError, "expected a platform");
});

Deno.test("selectImage() takes the only image of an index", async () => {
  assertStrictEquals(await selectImage(createIndex([{ image: ARM64 }])), ARM64);
});

Deno.test("selectImage() refuses a single image of another platform", async () => {
  await assertRejects(() => selectImage(ARM64, parsePlatform("linux/amd64")), PlatformError);
  assertStrictEquals(await selectImage(ARM64), ARM64);
});

Deno.test("listImages() leaves attestations out and looks into nested indexes", async () => {
  const attestation = { os: "unknown", architecture: "unknown" };
  const nested = createIndex([{ image: ARM64, platform: attestation }, { image: AMD64 }]);
  const images = await listImages(nested);
  assertEquals(images.map(({ platform }) => platform?.architecture), ["arm64", "amd64"]);
});

Deno.test("platformOf() reads variant and version from the config", async () => {
  const image = makeImage([], { platform: "linux/arm/v7" });
  assertEquals(await platformOf(image), { os: "linux", architecture: "arm", variant: "v7" });
});
