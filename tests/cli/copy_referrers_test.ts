import { assertEquals, assertStringIncludes } from "@std/assert";
import { runDavit, runDavitOk } from "../support/cli.ts";
import { runOk } from "../support/command.ts";
import { DOCKER_REGISTRY_NEEDS, startDockerRegistry } from "../support/docker_registry.ts";
import { makeImage } from "../support/images.ts";
import { peerTest } from "../support/peers.ts";
import { openWorld, twoPlatforms } from "./world.ts";

const APP = makeImage([[{ path: "a", content: "a" }]]);

/** Attaches an artifact to an image and returns its digest. */
async function attach(repository: string, subject: string, type: string, ...flags: string[]) {
  const { stdout } = await runDavitOk([
    ...["artifact", "push", repository, "--subject", `${repository}${subject}`],
    ...["--artifact-type", `example/${type}`, "-a", `of=${type}`, ...flags],
  ]);
  return stdout.trim().split("@")[1] ?? "";
}

/** The tree below an image, as text without the image's name. */
async function treeOf(name: string): Promise<string> {
  return (await runDavitOk(["artifact", "tree", name])).stdout.replace(name, "IMAGE");
}

Deno.test("copy --referrers takes along what is about the image, recursively", async () => {
  await using world = await openWorld();
  await world.push("app:v1", APP);
  const app = `${world.registry}/app`;
  const sbom = await attach(app, ":v1", "sbom");
  await attach(app, `@${sbom}`, "signature");
  const places = [
    `${world.registry}/copy:v1`,
    `oci:${world.dir}/layout:v1`,
    `oci-archive:${world.dir}/oci.tar:v1`,
  ];
  for (const [number, place] of places.entries()) {
    await runDavitOk(["copy", "--referrers", `${app}:v1`, place]);
    assertEquals(await treeOf(place), await treeOf(`${app}:v1`));
    const back = `${world.registry}/back${number}:v1`;
    await runDavitOk(["copy", "--referrers", place.replace(/(?<=^oci.*):v1$/, ""), back]);
    assertEquals(await treeOf(back), await treeOf(`${app}:v1`));
  }
});

Deno.test("copy --referrers takes along what is about the images of an index", async () => {
  await using world = await openWorld();
  await world.push("app:v1", twoPlatforms());
  const app = `${world.registry}/app`;
  await attach(app, ":v1", "index");
  await attach(app, ":v1", "arm", "--platform", "linux/arm64");
  await runDavitOk(["copy", "--referrers", `${app}:v1`, `${world.registry}/copy:v1`]);
  assertEquals(await treeOf(`${world.registry}/copy:v1`), await treeOf(`${app}:v1`));
});

Deno.test("copy --referrers takes along cosign's tags, of each image of an index", async () => {
  await using world = await openWorld();
  const digest = await world.push("app:v1", twoPlatforms());
  const tag = digest.replace(":", "-");
  const signature = await world.push(`app:${tag}.sig`, APP);
  await world.push(`app:${"sha256-".padEnd(71, "0")}.sig`, APP);
  const copied = `${world.registry}/copy`;
  await runDavitOk(["copy", "--referrers", `${world.registry}/app:v1`, `${copied}:v1`]);
  assertEquals((await runDavitOk(["ls", copied])).stdout, `${tag}.sig\nv1\n`);
  assertEquals((await runDavitOk(["digest", `${copied}:${tag}.sig`])).stdout, `${signature}\n`);
});

Deno.test("copy --referrers sends nothing again", async () => {
  await using world = await openWorld();
  await world.push("app:v1", APP);
  await attach(`${world.registry}/app`, ":v1", "sbom");
  const words = ["--referrers", `${world.registry}/app:v1`, `${world.registry}/copy:v1`];
  const before = await runDavitOk(["copy", "--dry-run", ...words]);
  assertStringIncludes(before.stdout, "would send 3");
  await runDavitOk(["copy", ...words]);
  const after = await runDavitOk(["copy", "--dry-run", ...words]);
  assertStringIncludes(after.stdout, ": would keep 2 (");
});

Deno.test("copy --referrers --all-tags copies everything once", async () => {
  await using world = await openWorld();
  await world.push("app:v1", APP);
  await world.push("app:v2", twoPlatforms());
  await attach(`${world.registry}/app`, ":v1", "one");
  await attach(`${world.registry}/app`, ":v2", "two");
  const [app, copied] = [`${world.registry}/app`, `${world.registry}/copy`];
  await runDavitOk(["copy", "-a", "--referrers", app, copied]);
  for (const tag of ["v1", "v2"]) {
    assertEquals(await treeOf(`${copied}:${tag}`), await treeOf(`${app}:${tag}`));
  }
});

Deno.test("copy --referrers to a place that cannot hold any fails, and leaves nothing", async () => {
  await using world = await openWorld();
  await world.push("app:v1", APP);
  const { code, stderr } = await runDavit([
    ...["copy", "--referrers", `${world.registry}/app:v1`, `docker-archive:${world.dir}/a.tar`],
  ]);
  assertEquals(code, 1);
  assertStringIncludes(stderr, "expected a registry, an OCI layout or an OCI archive");
  assertEquals(await world.list(), []);
});

peerTest("copy --referrers between a registry with the API and one without, seen by oras", {
  needs: ["oras", ...DOCKER_REGISTRY_NEEDS],
}, async () => {
  await using world = await openWorld();
  await using registry = await startDockerRegistry();
  await world.push("app:v1", twoPlatforms());
  const app = `${world.registry}/app`;
  const sbom = await attach(app, ":v1", "sbom");
  await attach(app, `@${sbom}`, "signature");
  await attach(app, ":v1", "arm", "--platform", "linux/arm64");
  await runDavitOk(["copy", "--referrers", `${app}:v1`, `${registry.name}/there:v1`]);
  assertEquals(await treeOf(`${registry.name}/there:v1`), await treeOf(`${app}:v1`));
  const discover = async (name: string) =>
    (await runOk("oras", ["discover", "--plain-http", "--format", "json", name])).stdout
      .replaceAll(/"reference": "[^@]*@/g, "");
  assertEquals(await discover(`${registry.name}/there:v1`), await discover(`${app}:v1`));
  const back = `${world.registry}/back:v1`;
  await runDavitOk(["copy", "--referrers", `${registry.name}/there:v1`, back]);
  assertEquals(await treeOf(back), await treeOf(`${app}:v1`));
});
