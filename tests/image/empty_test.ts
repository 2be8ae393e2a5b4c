import { assertEquals } from "@std/assert";
import { emptyImage, emptyIndex } from "../../lib/image/empty.ts";
import { jsonOf } from "../support/images.ts";

Deno.test("emptyImage() of Docker's family and no platform is go-containerregistry's empty image", async () => {
  const image = emptyImage({ family: "docker", platform: null });
  const config = await image.configDescriptor();
  const manifest = await image.descriptor();
  assertEquals(
    [config.size, config.digest],
    [115, "sha256:5b943e2b943f6c81dbbd4e2eca5121f4fcc39139e3d1219d6d89bd925b77d9fe"],
  );
  assertEquals(
    [manifest.size, manifest.digest],
    [264, "sha256:732112270d7e59418a8c080b134b24cabd67d250d0d0147a97ed95ba5c280aa4"],
  );
});

Deno.test("emptyIndex() is go-containerregistry's empty index", async () => {
  const { size, digest } = await emptyIndex().descriptor();
  assertEquals(
    [size, digest],
    [88, "sha256:dff9de10919148711140d349bf03f1a99eb06f94b03e51715ccebfa7cdc518e2"],
  );
});

Deno.test("emptyImage() runs on linux/amd64 unless told otherwise", async () => {
  const config = jsonOf(await emptyImage().config());
  assertEquals([config.os, config.architecture], ["linux", "amd64"]);
});

Deno.test("emptyImage() writes the variant of its platform", async () => {
  const platform = { os: "linux", architecture: "arm", variant: "v7" };
  const config = jsonOf(await emptyImage({ platform }).config());
  assertEquals(config.variant, "v7");
});

Deno.test({
  name: "emptyImage() asks for no permission",
  permissions: "none",
  fn: async () => void await emptyImage().descriptor(),
});
