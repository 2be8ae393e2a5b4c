/** containerd, podman, buildah, crane and docker, against the registry in every way of signing in. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { createLayout } from "../../lib/layout/mod.ts";
import { digestBytes } from "../../lib/oci/digest.ts";
import { Repository, Transport } from "../../lib/registry/mod.ts";
import {
  type Auth,
  type RegistryServer,
  serveRegistry,
  type Upstream,
} from "../../lib/server/mod.ts";
import { copy } from "../../lib/store/copy.ts";
import { runOk } from "../support/command.ts";
import { startContainerd } from "../support/containerd.ts";
import { makeCertificates } from "../support/docker_registry.ts";
import { engineTest } from "../support/engine.ts";
import { makeImage } from "../support/images.ts";
import { peerTest } from "../support/peers.ts";
import { type TempDir, tempDir } from "../support/temp_dir.ts";

const IMAGE = makeImage([
  [{ path: "etc/greeting", content: "hello" }],
  [{ path: "etc/more", content: "x".repeat(300_000) }],
]);
const AUTH: Auth = { verify: (user, password) => `${user}:${password}` === "ann:secret" };

interface Way {
  readonly auth?: Auth;
  readonly tls?: boolean;
}

const WAYS: Readonly<Record<string, Way>> = {
  "with everybody": {},
  "with users": { auth: AUTH },
  "with tokens and TLS": { auth: { ...AUTH, tokens: {} }, tls: true },
};

interface Place {
  readonly server: RegistryServer;
  readonly directory: TempDir;
  /** The authority of the server's certificate. */
  readonly authority: string;
  /** `REGISTRY/app:v1`, where the image is. */
  readonly image: string;
  /** The digest of the image's config. */
  readonly config: string;
}

/** Serves a registry that has the image. */
async function withRegistry(
  { auth, tls = false }: Way,
  test: (place: Place) => Promise<void>,
): Promise<void> {
  await using directory = await tempDir();
  await makeCertificates(directory.path);
  const [cert, key] = [directory.join("tls.crt"), directory.join("tls.key")];
  const pair = { cert: await Deno.readTextFile(cert), key: await Deno.readTextFile(key) };
  await using server = await serveRegistry({
    directory: directory.join("registry"),
    ...(auth === undefined ? {} : { auth }),
    ...(tls ? { tls: pair } : {}),
  });
  await copyTo(server);
  await test({
    server,
    directory,
    authority: directory.join("ca.crt"),
    image: `${server.address}/app:v1`,
    config: await digestBytes(await IMAGE.config()),
  });
}

async function copyTo(server: RegistryServer): Promise<void> {
  using transport = new Transport({
    insecure: true,
    keychain: {
      credentials: () => Promise.resolve({ username: "ann", password: "secret" }),
    },
  });
  const name = { registry: server.address, repository: "app" };
  await copy(IMAGE, new Repository(name, { transport }), { names: ["v1"] });
}

/** Tells containerd where the registry is, and whom to trust. */
async function writeHosts({ server, directory, authority }: Place): Promise<string> {
  const host = directory.join("hosts", server.address);
  await Deno.mkdir(host, { recursive: true });
  await Deno.writeTextFile(
    `${host}/hosts.toml`,
    `server = "${server.url}"\n[host."${server.url}"]\nca = "${authority}"\n`,
  );
  return directory.join("hosts");
}

/** The digest of the config of what was pushed. */
async function configOf({ server, directory }: Place, name: string): Promise<string> {
  const { stdout } = await runOk("skopeo", [
    ...["inspect", "--raw", "--tls-verify=false", "--creds", "ann:secret"],
    ...["--authfile", directory.join("none.json"), `docker://${server.address}/${name}`],
  ]);
  return JSON.parse(stdout).config.digest;
}

for (const [way, options] of Object.entries(WAYS)) {
  const creds = options.auth === undefined ? [] : ["ann:secret"];

  for (const tool of ["podman", "buildah"]) {
    peerTest(`${tool} pulls from and pushes to a registry ${way}`, {
      needs: [tool, "skopeo", "openssl"],
    }, () =>
      withRegistry(options, async (place) => {
        const { server, directory, image, config } = place;
        const [root, run] = [directory.join("root"), directory.join("run")];
        const storage = ["--root", root, "--runroot", run, "--storage-driver", "vfs"];
        const trust = directory.join("trust");
        await Deno.mkdir(trust);
        await Deno.copyFile(place.authority, `${trust}/ca.crt`);
        const access = [
          ...(options.tls ? ["--cert-dir", trust] : ["--tls-verify=false"]),
          ...creds.flatMap((pair) => ["--creds", pair]),
        ];
        await runOk(tool, [...storage, "pull", ...access, image]);
        const target = `docker://${server.address}/${tool}:v2`;
        await runOk(tool, [...storage, "push", ...access, image, target]);
        assertEquals(await configOf(place, `${tool}:v2`), config);
        await runOk(tool, [...storage, "rmi", "--all", "--force"]);
      }));
  }

  peerTest(`crane pulls from and pushes to a registry ${way}`, {
    needs: ["crane", "skopeo", "openssl"],
  }, () =>
    withRegistry(options, async (place) => {
      const { server, directory, image, config } = place;
      const env = { SSL_CERT_FILE: place.authority, DOCKER_CONFIG: directory.path };
      const crane = (...words: string[]) => runOk("crane", words, { env });
      if (creds.length > 0) {
        await crane("auth", "login", server.address, "-u", "ann", "-p", "secret");
      }
      const [tar, target] = [directory.join("app.tar"), `${server.address}/crane:v2`];
      await crane("pull", image, tar);
      await crane("push", tar, target);
      assertEquals(await configOf(place, "crane:v2"), config);
      await crane("copy", image, `${server.address}/copied:v1`);
      await crane("validate", "--remote", `${server.address}/copied:v1`);
      assertEquals((await crane("ls", `${server.address}/copied`)).stdout, "v1\n");
    }));

  peerTest(`containerd pulls from and pushes to a registry ${way}`, {
    needs: ["containerd", "ctr", "skopeo", "openssl"],
  }, () =>
    withRegistry(options, async (place) => {
      const { server, image, config } = place;
      await using containerd = await startContainerd();
      // ctr speaks http to this machine unless a file of hosts says otherwise.
      const access = [
        ...(options.tls ? ["--hosts-dir", await writeHosts(place)] : ["--plain-http"]),
        ...creds.flatMap((pair) => ["--user", pair]),
      ];
      const ctr = (...words: string[]) => runOk("ctr", [...containerd.ctr, "images", ...words]);
      await ctr("pull", ...access, "--snapshotter", "native", image);
      await ctr("push", ...access, `${server.address}/pushed:v2`, image);
      assertEquals(await configOf(place, "pushed:v2"), config);
    }));

  engineTest(
    `docker pulls from and pushes to a registry ${way}`,
    ({ host }) =>
      withRegistry(options, async (place) => {
        const { server, directory, image, config } = place;
        const env = { DOCKER_HOST: host, DOCKER_CONFIG: directory.join("docker") };
        const docker = (...words: string[]) => runOk("docker", words, { env });
        const pushed = `${server.address}/pushed:v2`;
        if (options.auth !== undefined) {
          await docker("login", "-u", "ann", "-p", "secret", server.address);
        }
        try {
          await docker("pull", image);
          await docker("tag", image, pushed);
          await docker("push", pushed);
          assertEquals(await configOf(place, "pushed:v2"), config);
        } finally {
          await docker("image", "rm", "-f", image, pushed);
        }
      }),
  );
}

peerTest("containerd pulls through the registry what it caches, by ns, and again without it", {
  needs: ["containerd", "ctr"],
}, async () => {
  await using directory = await tempDir();
  const asked: string[] = [];
  const layout = await createLayout(directory.join("origin"));
  await copy(IMAGE, layout, { names: ["v1"] });
  await layout.commit();
  let isGone = false;
  const upstream: Upstream = {
    registry: "registry.example",
    open: (repository) => ({
      resolve(name) {
        asked.push(`${repository}:${name}`);
        if (isGone) throw new Error("gone");
        return layout.resolve(name);
      },
      resolveBlob: async (digest) => {
        const bytes = await Deno.stat(directory.join("origin", "blobs", digest.replace(":", "/")));
        return { mediaType: "application/octet-stream", digest, size: bytes.size };
      },
      fetch: (descriptor) => layout.fetch(descriptor),
      names: () => layout.names(),
    }),
  };
  await using server = await serveRegistry({ upstreams: [upstream] });
  const hosts = directory.join("hosts", "registry.example");
  await Deno.mkdir(hosts, { recursive: true });
  await Deno.writeTextFile(
    `${hosts}/hosts.toml`,
    `server = "https://registry.example"\n[host."${server.url}"]\ncapabilities = ["pull", "resolve"]\n`,
  );
  await using containerd = await startContainerd();
  const images = [...containerd.ctr, "images"];
  const pull = () =>
    runOk("ctr", [
      ...[...images, "pull", "--hosts-dir", directory.join("hosts"), "--snapshotter", "native"],
      "registry.example/team/app:v1",
    ]);
  assertStringIncludes((await pull()).stdout, "done");
  assertEquals(asked[0], "team/app:v1");
  await runOk("ctr", [...images, "rm", "--sync", "registry.example/team/app:v1"]);
  isGone = true;
  assertStringIncludes((await pull()).stdout, "done");
});
