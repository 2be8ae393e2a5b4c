import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { DigestMismatchError } from "../../lib/errors.ts";
import { Repository } from "../../lib/registry/repository.ts";
import { Transport } from "../../lib/registry/transport.ts";
import { MEDIA_TYPE } from "../../lib/oci/media_type.ts";
import { manifestDigest, parseSchema1Layers } from "../../lib/oci/schema1.ts";
import { copy } from "../../lib/store/copy.ts";
import { runDavit, runDavitOk } from "../support/cli.ts";
import { DOCKER_REGISTRY_NEEDS, startDockerRegistry } from "../support/docker_registry.ts";
import { makeImage } from "../support/images.ts";
import { peerTest } from "../support/peers.ts";
import { tempDir } from "../support/temp_dir.ts";

const IMAGE = makeImage([[{ path: "a", content: "a" }], [{ path: "b", content: "b" }]], {
  family: "docker",
});

interface Signed {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly digest: string;
}

/** Has the registry make a signed schema 1 manifest of `app:v2`, and tags it `app:v1`. */
async function pushSchema1(registry: string): Promise<Signed> {
  using transport = new Transport();
  await using app = new Repository({ registry, repository: "app" }, { transport });
  await copy(IMAGE, app, { names: ["v2"] });
  const url = `http://${registry}/v2/app/manifests`;
  const type = MEDIA_TYPE.dockerSchema1Signed;
  const bytes = await (await fetch(`${url}/v2`, { headers: { accept: type } })).bytes();
  const answer = await fetch(`${url}/v1`, {
    method: "PUT",
    headers: { "content-type": type },
    body: bytes,
  });
  assertEquals([answer.status, await answer.text()], [201, ""]);
  return { bytes, digest: answer.headers.get("docker-content-digest") ?? "" };
}

peerTest("a signed schema 1 manifest is copied as it is from registry to registry", {
  needs: DOCKER_REGISTRY_NEEDS,
}, async () => {
  await using from = await startDockerRegistry({ schema1: true });
  await using to = await startDockerRegistry({ schema1: true });
  const { bytes, digest } = await pushSchema1(from.name);
  assertEquals(await manifestDigest(bytes, MEDIA_TYPE.dockerSchema1Signed), digest);
  for (const name of [`${from.name}/app:v1`, `${from.name}/app@${digest}`]) {
    const { stdout, stderr } = await runDavitOk(["copy", name, `${to.name}/copy:v1`]);
    assertEquals(stdout, `${digest}\n`);
    assertStringIncludes(stderr, "Docker schema 1 manifest");
    const answer = await fetch(`http://${to.name}/v2/copy/manifests/v1`);
    assertEquals(answer.headers.get("docker-content-digest"), digest);
    // This registry signs what it gives anew each time: what is signed is the same.
    const given = await manifestDigest(await answer.bytes(), MEDIA_TYPE.dockerSchema1Signed);
    assertEquals(given, digest);
  }
  for (const layer of parseSchema1Layers(bytes)) {
    const answer = await fetch(`http://${to.name}/v2/copy/blobs/${layer}`, { method: "HEAD" });
    assertEquals(answer.status, 200);
  }
  await runDavitOk(["copy", "--all-tags", `${from.name}/app`, `${to.name}/all`]);
  assertEquals((await runDavitOk(["ls", `${to.name}/all`])).stdout, "v1\nv2\n");
});

peerTest("a schema 1 manifest is refused by name wherever it would have to be read", {
  needs: DOCKER_REGISTRY_NEEDS,
}, async () => {
  await using dir = await tempDir();
  await using from = await startDockerRegistry({ schema1: true });
  await pushSchema1(from.name);
  const place = `oci:${dir.join("layout")}:v1`;
  for (
    const words of [
      ["copy", `${from.name}/app:v1`, place],
      ["copy", "--dry-run", `${from.name}/app:v1`, `${from.name}/copy:v1`],
      ["pull", `${from.name}/app:v1`, dir.join("a.tar")],
      ["export", `${from.name}/app:v1`, dir.join("a.tar")],
    ]
  ) {
    const { code, stderr } = await runDavit(words);
    assertEquals(code, 1);
    assertStringIncludes(stderr, "it is a Docker schema 1 manifest, a form retired in 2019");
  }
  assertEquals(await Array.fromAsync(Deno.readDir(dir.path)), []);
});

peerTest("a registry that takes no schema 1 says so, and nothing is tagged", {
  needs: DOCKER_REGISTRY_NEEDS,
}, async () => {
  await using from = await startDockerRegistry({ schema1: true });
  await using to = await startDockerRegistry();
  await pushSchema1(from.name);
  const { code, stderr } = await runDavit(["copy", `${from.name}/app:v1`, `${to.name}/copy:v1`]);
  assertEquals(code, 1);
  assertStringIncludes(stderr, "Cannot PUT");
});

peerTest("a schema 1 manifest whose payload was changed is not what its digest says", {
  needs: DOCKER_REGISTRY_NEEDS,
}, async () => {
  await using from = await startDockerRegistry({ schema1: true });
  const { bytes, digest } = await pushSchema1(from.name);
  const text = new TextDecoder().decode(bytes).replace('"name": "app"', '"name": "apq"');
  await using evil = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen() {} },
    () => new Response(text, { headers: { "content-type": MEDIA_TYPE.dockerSchema1Signed } }),
  );
  using transport = new Transport();
  const name = { registry: `127.0.0.1:${evil.addr.port}`, repository: "app" };
  const app = new Repository(name, { transport });
  await assertRejects(() => app.manifest(digest), DigestMismatchError);
});
