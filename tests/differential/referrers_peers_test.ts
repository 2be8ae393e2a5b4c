import { assertEquals } from "@std/assert";
import { createArtifact } from "../../lib/artifact/create_artifact.ts";
import { createLayout, openLayout } from "../../lib/layout/open_layout.ts";
import type { Descriptor } from "../../lib/oci/descriptor.ts";
import { referrersTag } from "../../lib/oci/referrer.ts";
import { Repository } from "../../lib/registry/repository.ts";
import { Transport } from "../../lib/registry/transport.ts";
import { serveRegistry } from "../../lib/server/serve_registry.ts";
import { copy } from "../../lib/store/copy.ts";
import type { Referrers, Store } from "../../lib/store/store.ts";
import { runOk } from "../support/command.ts";
import { DOCKER_REGISTRY_NEEDS, startDockerRegistry } from "../support/docker_registry.ts";
import { makeImage } from "../support/images.ts";
import { peerTest } from "../support/peers.ts";
import { tempDir } from "../support/temp_dir.ts";

const IMAGE = makeImage([[{ path: "motd", content: "ahoy" }]]);

/** A registry with the referrers API, and one that leaves the lists to its clients. */
const REGISTRIES = [
  { kind: "davit", needs: [], start: async () => serving(await serveRegistry()) },
  {
    kind: "docker-registry",
    needs: DOCKER_REGISTRY_NEEDS,
    start: async () => {
      const registry = await startDockerRegistry();
      return {
        address: registry.name,
        [Symbol.asyncDispose]: () => registry[Symbol.asyncDispose](),
      };
    },
  },
];

function serving(server: { readonly address: string } & AsyncDisposable) {
  return { address: server.address, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

/** Attaches an artifact of a type to a manifest. */
async function attach(
  store: Store,
  subject: Descriptor,
  artifactType: string,
): Promise<Descriptor> {
  const artifact = await createArtifact({
    artifactType,
    subject,
    annotations: { of: artifactType },
  });
  const descriptor = await copy(artifact, store);
  await store.commit();
  return descriptor;
}

async function list(store: Referrers, subject: Descriptor, artifactType?: string) {
  const options = artifactType === undefined ? {} : { artifactType };
  const found = await Array.fromAsync(store.referrers(subject.digest, options));
  return found.map(({ digest }) => digest).sort();
}

interface Discovered {
  readonly digest: string;
  readonly artifactType: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** What oras finds about a manifest. */
async function discover(name: string, flags: readonly string[]): Promise<Discovered[]> {
  const { stdout } = await runOk("oras", ["discover", "--format", "json", ...flags, name]);
  return JSON.parse(stdout).referrers ?? [];
}

for (const { kind, needs, start } of REGISTRIES) {
  peerTest(`oras and davit find what either attached in ${kind}`, {
    needs: ["oras", ...needs],
  }, async () => {
    await using registry = await start();
    await using dir = await tempDir();
    using transport = new Transport();
    const name = { registry: registry.address, repository: "app" };
    await using app = new Repository(name, { transport });
    const image = await copy(IMAGE, app, { names: ["v1"] });
    const ours = await attach(app, image, "application/vnd.example.a");
    await Deno.writeTextFile(dir.join("note.txt"), "ahoy");
    const { stdout } = await runOk("oras", [
      ...["attach", "--plain-http", "--artifact-type", "application/vnd.example.b"],
      ...["--format", "json", `${registry.address}/app:v1`, "note.txt:text/plain"],
    ], { cwd: dir.path });
    const theirs = JSON.parse(stdout).digest;
    const last = await attach(app, image, "application/vnd.example.c");
    const all = [ours.digest, theirs, last.digest].sort();
    const found = await discover(`${registry.address}/app:v1`, ["--plain-http"]);
    assertEquals(found.map(({ digest }) => digest).sort(), all);
    const mine = found.find(({ digest }) => digest === ours.digest);
    assertEquals(mine?.artifactType, "application/vnd.example.a");
    assertEquals(mine?.annotations, { of: "application/vnd.example.a" });
    assertEquals(await list(app, image), all);
    assertEquals(await list(app, image, "application/vnd.example.b"), [theirs]);
    await app.delete(ours.digest);
    assertEquals(await list(app, image), [theirs, last.digest].sort());
    const rest = await discover(`${registry.address}/app:v1`, ["--plain-http"]);
    assertEquals(rest.map(({ digest }) => digest).sort(), [theirs, last.digest].sort());
    await runOk("oras", [
      ...["manifest", "delete", "--plain-http", "--force", `${registry.address}/app@${theirs}`],
    ]);
    assertEquals(await list(app, image), [last.digest]);
    await app.delete(last.digest);
    assertEquals(await list(app, image), []);
    assertEquals(await discover(`${registry.address}/app:v1`, ["--plain-http"]), []);
  });
}

peerTest("writers of one process lose none of each other's referrers in docker-registry", {
  needs: DOCKER_REGISTRY_NEEDS,
}, async () => {
  await using registry = await startDockerRegistry();
  using transport = new Transport();
  const name = { registry: registry.name, repository: "app" };
  await using app = new Repository(name, { transport });
  const image = await copy(IMAGE, app, { names: ["v1"] });
  const attached = await Promise.all(Array.from({ length: 12 }, async (_, number) => {
    await using mine = new Repository(name, { transport });
    return (await attach(mine, image, `application/vnd.example.n${number}`)).digest;
  }));
  assertEquals(await list(app, image), attached.sort());
  const tags = await Array.fromAsync(app.names());
  assertEquals(tags.sort(), [referrersTag(image.digest), "v1"].sort());
});

for (const auth of ["basic", "token"] as const) {
  peerTest(`the list of referrers is kept in docker-registry that asks who is there (${auth})`, {
    needs: DOCKER_REGISTRY_NEEDS,
  }, async () => {
    await using registry = await startDockerRegistry({ auth });
    using transport = new Transport({
      keychain: { credentials: () => Promise.resolve({ username: "u", password: "p" }) },
    });
    const name = { registry: registry.name, repository: "app" };
    await using app = new Repository(name, { transport });
    const image = await copy(IMAGE, app, { names: ["v1"] });
    const one = await attach(app, image, "application/vnd.example.a");
    const two = await attach(app, image, "application/vnd.example.b");
    assertEquals(await list(app, image), [one.digest, two.digest].sort());
    await app.delete(one.digest);
    assertEquals(await list(app, image), [two.digest]);
  });
}

peerTest("oras and davit find what either attached in a layout", { needs: ["oras"] }, async () => {
  await using dir = await tempDir();
  const path = dir.join("layout");
  await using layout = await createLayout(path);
  const image = await copy(IMAGE, layout, { names: ["v1"] });
  await layout.commit();
  const artifact = await createArtifact({ artifactType: "example/a", subject: image });
  const ours = await copy(artifact, layout);
  await layout.commit();
  const { stdout } = await runOk("oras", [
    ...["attach", "--oci-layout", "--artifact-type", "example/b", "--format", "json"],
    ...["-a", "k=v", `${path}:v1`],
  ]);
  const theirs = JSON.parse(stdout).digest;
  const all = [ours.digest, theirs].sort();
  const found = await discover(`${path}:v1`, ["--oci-layout"]);
  assertEquals(found.map(({ digest }) => digest).sort(), all);
  assertEquals(await list(layout, image), all);
  await using opened = await openLayout(path);
  assertEquals(await list(opened, image, "example/b"), [theirs]);
});
