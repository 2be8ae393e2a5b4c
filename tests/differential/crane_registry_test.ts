import { assert, assertEquals, assertRejects } from "@std/assert";
import { DavitError, NotFoundError } from "../../lib/errors.ts";
import { runDavitOk } from "../support/cli.ts";
import { runOk } from "../support/command.ts";
import { startCraneRegistry } from "../support/crane_registry.ts";
import { peerTest } from "../support/peers.ts";
import { tempDir } from "../support/temp_dir.ts";
import { Repository } from "../../lib/registry/repository.ts";
import { Transport } from "../../lib/registry/transport.ts";
import { bytesContent, describeBytes } from "../../lib/store/content.ts";

peerTest("crane's registry takes what is pushed and gives it back", {
  needs: ["crane"],
}, async () => {
  await using registry = await startCraneRegistry();
  using transport = new Transport();
  await using app = new Repository({ registry: registry.name, repository: "team/app" }, {
    transport,
  });
  for (const size of [0, 70_000, 3_000_000]) {
    const bytes = new Uint8Array(size).map((_, at) => (at * at) >> 3);
    const descriptor = await describeBytes(bytes, "application/octet-stream");
    assertEquals(await app.has(descriptor), false);
    assertEquals(await app.write(bytesContent(bytes, descriptor)), descriptor);
    assertEquals(await app.has(descriptor), true);
    assertEquals(await new Response(await app.fetch(descriptor)).bytes(), bytes);
    if (size === 0) continue;
    const rest = await app.fetch(descriptor, { offset: 50_000 });
    assertEquals(await new Response(rest).bytes(), bytes.slice(50_000));
  }
  const missing = await describeBytes(new Uint8Array([1]), "application/octet-stream");
  await assertRejects(() => app.fetch(missing), NotFoundError);
  await assertRejects(() => app.resolve("nope"), DavitError);
});

peerTest("an image goes through crane's registry, and crane and davit agree on it", {
  needs: ["crane"],
}, async () => {
  await using registry = await startCraneRegistry();
  await using dir = await tempDir();
  await Deno.mkdir(dir.join("site"));
  await Deno.writeTextFile(dir.join("site/index.html"), "ahoy".repeat(10_000));
  const image = `${registry.name}/team/app:v1`;
  await runDavitOk(["append", "--directory", dir.join("site"), "-t", image]);
  const digest = (await runDavitOk(["digest", image])).stdout;
  assertEquals((await runOk("crane", ["digest", image])).stdout, digest);
  await runOk("crane", ["validate", "--remote", image]);
  await runDavitOk(["copy", image, `${registry.name}/other/app:v2`]);
  await runDavitOk(["pull", image, dir.join("app.tar")]);
  await runDavitOk(["push", dir.join("app.tar"), `${registry.name}/again:v3`]);
  assertEquals((await runDavitOk(["digest", `${registry.name}/again:v3`])).stdout, digest);
  assertEquals((await runDavitOk(["ls", `${registry.name}/team/app`])).stdout, "v1\n");
  const catalog = (await runDavitOk(["catalog", registry.name])).stdout.trim().split("\n");
  assert(["again", "other/app", "team/app"].every((name) => catalog.includes(name)));
  await runDavitOk(["delete", image]);
});
