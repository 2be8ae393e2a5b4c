import { assertEquals } from "@std/assert";
import { digestOf, eachBackend } from "./wire.ts";

eachBackend("ten clients that push at once lose nothing", async (wire) => {
  const clients = Array.from({ length: 10 }, async (_, client) => {
    for (let n = 0; n < 10; n++) {
      await wire.pushImage(n % 2 === 0 ? "app" : "other", `${client}-${n}`);
    }
  });
  await Promise.all(clients);
  for (const [name, rest] of [["app", 0], ["other", 1]] as const) {
    const { text } = await wire.send("GET", `/v2/${name}/tags/list`);
    const { tags }: { tags: string[] } = JSON.parse(text);
    assertEquals(tags.length, 50);
    assertEquals(tags.every((tag) => Number(tag.at(-1)) % 2 === rest), true);
    for (const tag of tags) {
      assertEquals((await wire.send("GET", `/v2/${name}/manifests/${tag}`)).status, 200);
    }
  }
});

eachBackend("clients that push the same image at once all succeed", async (wire) => {
  const pushes = Array.from({ length: 8 }, () => wire.pushImage("app", "v1"));
  const digests = new Set((await Promise.all(pushes)).map(({ digest }) => digest));
  assertEquals(digests.size, 1);
  assertEquals((await wire.send("GET", "/v2/app/manifests/v1")).status, 200);
});

eachBackend("of pushes and deletes at once nothing is left in part", async (wire) => {
  const layer = await wire.pushBlob("app", "shared layer");
  const image = await wire.imageOf("app", [layer]);
  const digest = await digestOf(JSON.stringify(image));
  const work = Array.from(
    { length: 60 },
    (_, n) =>
      n % 3 === 0
        ? wire.send("DELETE", `/v2/app/manifests/${digest}`)
        : n % 3 === 1
        ? wire.send("DELETE", `/v2/app/blobs/${layer.digest}`)
        : wire.putManifest("app", `t${n}`, image),
  );
  const statuses = new Set((await Promise.all(work)).map(({ status }) => status));
  assertEquals([...statuses].filter((status) => ![201, 202, 404, 405].includes(status)), []);
  const { status } = await wire.send("GET", `/v2/app/manifests/${digest}`);
  const blob = await wire.send("HEAD", `/v2/app/blobs/${layer.digest}`);
  if (status === 200) assertEquals(blob.status, 200);
});
