import { assertEquals, assertStringIncludes } from "@std/assert";
import { createIndex } from "../../lib/image/create_index.ts";
import { createLayout, openLayout } from "../../lib/layout/mod.ts";
import { type Auth, type RegistryServer, serveRegistry } from "../../lib/server/mod.ts";
import { copy } from "../../lib/store/copy.ts";
import { run, runOk } from "../support/command.ts";
import { engineTest } from "../support/engine.ts";
import { makeImage } from "../support/images.ts";
import { peerTest } from "../support/peers.ts";
import { type TempDir, tempDir } from "../support/temp_dir.ts";
import { busyboxImage } from "./docker_images.ts";

const IMAGE = makeImage([
  [{ path: "etc/greeting", content: "hello" }],
  [{ path: "etc/more", content: "x".repeat(300_000) }],
], { platform: "linux/amd64" });
const INDEX = createIndex([
  { image: IMAGE },
  { image: makeImage([[{ path: "arm", content: "arm" }]], { platform: "linux/arm64" }) },
]);

type Test = (server: RegistryServer, directory: TempDir) => Promise<void>;

/** Registers a test with a registry in memory and one on disk. */
function registryTest(name: string, needs: readonly string[], test: Test): void {
  for (const place of ["memory", "disk"] as const) {
    peerTest(`${name} (${place})`, { needs }, async () => {
      await using directory = await tempDir();
      await using server = await serveRegistry(
        place === "disk" ? { directory: directory.join("registry") } : {},
      );
      await test(server, directory);
    });
  }
}

async function writeLayout(path: string): Promise<void> {
  await using layout = await createLayout(path);
  await copy(IMAGE, layout, { names: ["image"] });
  await copy(INDEX, layout, { names: ["index"] });
  await layout.commit();
}

const NO_TLS = ["--src-tls-verify=false", "--dest-tls-verify=false"];

registryTest(
  "skopeo pushes and pulls images and indexes",
  ["skopeo"],
  async (server, directory) => {
    const [ours, back] = [directory.join("ours"), directory.join("back")];
    await writeLayout(ours);
    const repository = `docker://${server.address}/some/app`;
    for (const name of ["image", "index"]) {
      await runOk("skopeo", [
        "copy",
        "--all",
        ...NO_TLS,
        `oci:${ours}:${name}`,
        `${repository}:${name}`,
      ]);
      await runOk("skopeo", [
        "copy",
        "--all",
        ...NO_TLS,
        `${repository}:${name}`,
        `oci:${back}:${name}`,
      ]);
    }
    await using source = await openLayout(ours);
    await using copied = await openLayout(back);
    for (const name of ["image", "index"]) {
      assertEquals((await copied.resolve(name)).digest, (await source.resolve(name)).digest);
    }
    const { stdout } = await runOk("skopeo", ["list-tags", "--tls-verify=false", repository]);
    assertEquals(JSON.parse(stdout).Tags, ["image", "index"]);
  },
);

registryTest(
  "skopeo converts to Docker's types and to zstd",
  ["skopeo"],
  async (server, directory) => {
    await writeLayout(directory.join("ours"));
    const image = `oci:${directory.join("ours")}:image`;
    const to = `docker://${server.address}/app`;
    await runOk("skopeo", ["copy", ...NO_TLS, "--format", "v2s2", image, `${to}:docker`]);
    const zstd = ["--dest-compress-format", "zstd"];
    await runOk("skopeo", ["copy", ...NO_TLS, ...zstd, image, `${to}:zstd`]);
    for (const tag of ["docker", "zstd"]) {
      await runOk("skopeo", ["copy", ...NO_TLS, `${to}:${tag}`, `dir:${directory.join(tag)}`]);
    }
  },
);

registryTest("skopeo deletes an image", ["skopeo"], async (server, directory) => {
  await writeLayout(directory.join("ours"));
  const image = `docker://${server.address}/app:v1`;
  await runOk("skopeo", ["copy", ...NO_TLS, `oci:${directory.join("ours")}:image`, image]);
  await runOk("skopeo", ["delete", "--tls-verify=false", image]);
  const answer = await fetch(`${server.url}/v2/app/manifests/v1`);
  await answer.body?.cancel();
  assertEquals(answer.status, 404);
});

registryTest(
  "crane appends, copies, lists, validates and deletes",
  ["crane"],
  async (server, directory) => {
    const layer = directory.join("layer.tar");
    await Deno.writeTextFile(directory.join("file"), "hello");
    await runOk("tar", ["cf", layer, "-C", directory.path, "file"]);
    const [first, second] = [`${server.address}/a/app:v1`, `${server.address}/b/app:v2`];
    await runOk("crane", ["append", "--oci-empty-base", "-f", layer, "-t", first]);
    await runOk("crane", ["copy", first, second]);
    const digest = (await runOk("crane", ["digest", first])).stdout;
    assertEquals((await runOk("crane", ["digest", second])).stdout, digest);
    assertStringIncludes((await runOk("crane", ["validate", "--remote", second])).stdout, "PASS");
    assertEquals((await runOk("crane", ["catalog", server.address])).stdout, "a/app\nb/app\n");
    assertEquals((await runOk("crane", ["ls", `${server.address}/b/app`])).stdout, "v2\n");
    const files = await runOk("crane", ["export", second, "-"]);
    const listed = await runOk("tar", ["tf", "-"], { stdin: files.bytes });
    assertEquals(listed.stdout, "file\n");
    await runOk("crane", ["delete", `${server.address}/b/app@${digest.trim()}`]);
    assertEquals((await runOk("crane", ["ls", `${server.address}/b/app`])).stdout, "");
  },
);

registryTest("crane pushes, pulls and tags an index", ["crane"], async (server, directory) => {
  {
    await using layout = await createLayout(directory.join("ours"));
    await copy(INDEX, layout, { names: ["index"] });
    await layout.commit();
  }
  const name = `${server.address}/app:v1`;
  await runOk("crane", ["push", "--index", directory.join("ours"), name]);
  await runOk("crane", ["tag", name, "v2"]);
  await runOk("crane", [
    "pull",
    "--format",
    "oci",
    `${server.address}/app:v2`,
    directory.join("back"),
  ]);
  await using back = await openLayout(directory.join("back"));
  const { digest } = await (await back.open()).descriptor();
  // crane pushes the layout's own index.json, which lists ours.
  const index = JSON.parse(await Deno.readTextFile(directory.join("ours", "index.json")));
  assertEquals(index.manifests[0].digest, (await INDEX.descriptor()).digest);
  assertEquals((await runOk("crane", ["digest", name])).stdout.trim(), digest);
});

engineTest("docker pushes an image to the registry and pulls it back", async ({ host }) => {
  await using directory = await tempDir();
  for (const options of [{}, { directory: directory.join("registry") }]) {
    await using server = await serveRegistry(options);
    const env = { DOCKER_HOST: host };
    const [pushed, pulled] = [`${server.address}/davit/app:v1`, `${server.address}/davit/app:v2`];
    await using source = await createLayout(directory.join("layout"));
    await copy(await busyboxImage("hello\n"), source, { names: ["v1"] });
    await source.commit();
    await runOk("skopeo", [
      "copy",
      "--dest-daemon-host",
      host,
      `oci:${directory.join("layout")}:v1`,
      `docker-daemon:${pushed}`,
    ]);
    try {
      await runOk("docker", ["push", pushed], { env });
      await runOk("docker", ["tag", pushed, pulled], { env });
      await runOk("docker", ["push", pulled], { env });
      await runOk("docker", ["image", "rm", "-f", pushed, pulled], { env });
      await runOk("docker", ["pull", pulled], { env });
      const { stdout } = await runOk("docker", ["run", "--rm", "--network=none", pulled], { env });
      assertEquals(stdout, "hello\n");
    } finally {
      await runOk("docker", ["image", "rm", "-f", pulled], { env });
    }
  }
});

peerTest("the registry serves HTTPS to whoever trusts its certificate", {
  needs: ["openssl", "skopeo"],
}, async () => {
  await using directory = await tempDir();
  const [key, cert] = [directory.join("ca.key"), directory.join("ca.crt")];
  const options = ["-x509", "-nodes", "-days", "1", "-subj", "/CN=localhost", "-addext"];
  const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"];
  const names = "subjectAltName=IP:127.0.0.1";
  await runOk("openssl", ["req", ...options, names, ...curve, "-keyout", key, "-out", cert]);
  const tls = { cert: await Deno.readTextFile(cert), key: await Deno.readTextFile(key) };
  await using server = await serveRegistry({ tls });
  assertEquals(server.url, `https://${server.address}`);
  await writeLayout(directory.join("ours"));
  const trust = directory.join("trust");
  await Deno.mkdir(trust);
  await Deno.copyFile(cert, `${trust}/ca.crt`);
  const image = `oci:${directory.join("ours")}:image`;
  const remote = `docker://${server.address}/app:v1`;
  await runOk("skopeo", ["copy", "--dest-cert-dir", trust, image, remote]);
  const { stdout } = await runOk("skopeo", ["inspect", "--cert-dir", trust, remote]);
  assertEquals(JSON.parse(stdout).Digest, (await IMAGE.descriptor()).digest);
});

const USERS = {
  verify: (user: string, password: string) => `${user}:${password}` === "ann:secret",
};
const AUTHS: Readonly<Record<string, Auth>> = {
  "by password": USERS,
  "for tokens": { ...USERS, tokens: {} },
};

for (const [how, auth] of Object.entries(AUTHS)) {
  peerTest(`skopeo and crane sign in ${how} to push, and are refused without`, {
    needs: ["skopeo", "crane"],
  }, async () => {
    await using directory = await tempDir();
    const rules = [
      { repositories: "open", users: ["anonymous"], actions: ["pull"] },
      { repositories: "*", users: ["ann"], actions: ["pull", "push"] },
    ] as const;
    await using server = await serveRegistry({ auth: { ...auth, rules } });
    await writeLayout(directory.join("ours"));
    const image = `oci:${directory.join("ours")}:image`;
    const [open, closed] = [`${server.address}/open:v1`, `${server.address}/closed:v1`];
    const { digest } = await IMAGE.descriptor();
    const env = { DOCKER_CONFIG: directory.join("docker"), HOME: directory.path };
    const anonymous = ["--authfile", directory.join("none.json")];
    await Deno.writeTextFile(directory.join("none.json"), "{}");
    for (const remote of [open, closed]) {
      const words = ["copy", "--dest-tls-verify=false", image, `docker://${remote}`];
      assertEquals((await run("skopeo", [...words, ...anonymous])).code, 1);
      await runOk("skopeo", [...words, "--dest-creds", "ann:secret"]);
    }
    const inspect = ["inspect", "--tls-verify=false", ...anonymous];
    const { stdout } = await runOk("skopeo", [...inspect, `docker://${open}`]);
    assertEquals(JSON.parse(stdout).Digest, digest);
    assertEquals((await run("skopeo", [...inspect, `docker://${closed}`])).code, 1);
    assertEquals((await runOk("crane", ["digest", open], { env })).stdout.trim(), digest);
    assertEquals((await run("crane", ["digest", closed], { env })).code, 1);
    const login = ["auth", "login", server.address, "-u", "ann", "-p", "secret"];
    await runOk("crane", login, { env });
    assertEquals((await runOk("crane", ["digest", closed], { env })).stdout.trim(), digest);
    await runOk("crane", ["copy", closed, `${server.address}/copied:v1`], { env });
  });

  engineTest(
    `docker signs in ${how} with the right password alone, and pushes then`,
    async ({ host }) => {
      await using directory = await tempDir();
      await using server = await serveRegistry({ auth });
      const env = { DOCKER_HOST: host, DOCKER_CONFIG: directory.join("docker") };
      const pushed = `${server.address}/davit/app:v1`;
      await using source = await createLayout(directory.join("layout"));
      await copy(await busyboxImage("hello\n"), source, { names: ["v1"] });
      await source.commit();
      const daemon = ["--dest-daemon-host", host];
      const archive = `oci:${directory.join("layout")}:v1`;
      await runOk("skopeo", ["copy", ...daemon, archive, `docker-daemon:${pushed}`]);
      try {
        assertEquals((await run("docker", ["push", pushed], { env })).code, 1);
        const login = ["login", "-u", "ann", "-p"];
        assertEquals((await run("docker", [...login, "wrong", server.address], { env })).code, 1);
        await runOk("docker", [...login, "secret", server.address], { env });
        await runOk("docker", ["push", pushed], { env });
        await runOk("docker", ["image", "rm", "-f", pushed], { env });
        await runOk("docker", ["pull", pushed], { env });
      } finally {
        await runOk("docker", ["image", "rm", "-f", pushed], { env });
      }
    },
  );
}
