/** How registries are named and described, and what docker is asked to do about them. */
import { assert, assertEquals, assertMatch, assertRejects, assertThrows } from "@std/assert";
import { NotFoundError, SpecError } from "../../lib/errors.ts";
import { planCluster } from "../../lib/k3s/create_cluster.ts";
import { formatPlan, outlinePlan } from "../../lib/k3s/format_plan.ts";
import { lastAddresses } from "../../lib/k3s/choose_subnet.ts";
import { askRegistries } from "../../lib/k3s/registries/ask_registries.ts";
import { addMirrors, removeMirrors } from "../../lib/k3s/registries/mirrors.ts";
import { arrangeRegistry, registryName } from "../../lib/k3s/registries/registry.ts";
import {
  parseRegistryCreate,
  parseRegistryPort,
  parseRegistryUse,
} from "../../lib/k3s/registries/registry_words.ts";
import type { Plan } from "../../lib/k3s/operation.ts";
import type { ClusterSpec } from "../../lib/k3s/spec.ts";
import { DockerCli } from "../../lib/docker/cli.ts";
import { fakeDocker } from "../docker/fake_docker.ts";
import { runDavit } from "../support/cli.ts";
import { tempDir } from "../support/temp_dir.ts";

const HERE = { remoteHost: undefined, ownImage: "localhost/davit-registry:1" };
const CACHE = { name: "davit-cache", port: 5000, hostPorts: [6000], upstream: "docker.io" };

Deno.test.each([
  { text: "images", spec: { name: "images" } },
  { text: "images:5000", spec: { name: "images", hostPort: "5000" } },
  { text: "images:random", spec: { name: "images", hostPort: "random" } },
  { text: "images:0.0.0.0:5000", spec: { name: "images", host: "0.0.0.0", hostPort: "5000" } },
  { text: "images:0.0.0.0", spec: { name: "images", host: "0.0.0.0" } },
  { text: "images:[::1]:5000", spec: { name: "images", host: "[::1]", hostPort: "5000" } },
])("--registry-create $text is read", ({ text, spec }) => {
  assertEquals(parseRegistryCreate(text), spec);
});

Deno.test("words for registries that mean nothing are refused", () => {
  assertThrows(() => parseRegistryCreate(":5000"), SyntaxError, "NAME[:HOST][:PORT]");
  assertThrows(() => parseRegistryCreate("a:b:c:1"), SyntaxError, "NAME[:HOST][:PORT]");
  assertThrows(() => parseRegistryUse("a:b"), SyntaxError, "NAME[:PORT]");
  assertThrows(() => parseRegistryPort("x"), SyntaxError, "[HOST:]PORT");
  assertThrows(() => registryName("Images"), SyntaxError, "lower case");
  assertThrows(() => registryName("x".repeat(60)), SyntaxError, "at most 57");
  const arrange = (spec: Parameters<typeof arrangeRegistry>[0]) =>
    arrangeRegistry(spec, "registry", HERE);
  assertThrows(() => arrange({ hostPort: "70000" }), SyntaxError, "1 to 65535");
  assertThrows(() => arrange({ volumes: ["x:y"] }), SyntaxError, "absolute path");
  assertThrows(() => arrange({ proxy: { remoteURL: "ftp://x" } }), SyntaxError, "https://HOST");
  assertThrows(() => arrange({ proxy: { remoteURL: "https://x/y" } }), SyntaxError, "https://HOST");
  assertThrows(() => arrange({ proxy: { username: "ann" } }), SpecError, "its URL too");
});

Deno.test("Docker Hub's images are called docker.io, wherever its API is", () => {
  for (
    const remoteURL of ["https://registry-1.docker.io", "docker.io", "https://index.docker.io"]
  ) {
    const { upstream } = arrangeRegistry({ proxy: { remoteURL } }, "cache", HERE);
    assertEquals(upstream, "docker.io");
  }
});

Deno.test("mirrors are added behind what stands there, once, and taken out again", async () => {
  const own = `# ours
mirrors:
  docker.io:
    # by hand
    endpoint: ["https://mirror.example"]
    rewrite: { "^a": "b" }
  ghcr.io:
    rewrite: { "^a": "b" }
configs: { x: { unheardOf: 1 } }
`;
  const added = await addMirrors([CACHE, { ...CACHE, name: "davit-b", upstream: "ghcr.io" }], own);
  assert(added.startsWith("# ours\nmirrors:\n  docker.io:\n    # by hand\n"), added);
  assert(added.includes('[ "https://mirror.example", http://davit-cache:5000 ]'), added);
  assertMatch(added, /davit-cache:6000:\n\s+endpoint:\n\s+- http:\/\/davit-cache:5000\n/);
  assert(added.includes("configs: { x: { unheardOf: 1 } }"), added);
  assertEquals(await addMirrors([CACHE], added), added);
  const removed = await removeMirrors({ name: "davit-cache" }, added);
  assert(!removed.includes("davit-cache"), removed);
  const all = await removeMirrors({ name: "davit-b" }, removed);
  assertEquals(
    all.replaceAll('"', "").replaceAll(/\s/g, ""),
    own.replaceAll('"', "").replaceAll(/\s/g, ""),
  );
});

Deno.test("a registries.yaml that is none is refused, with its line", async () => {
  await assertRejects(
    () => addMirrors([CACHE], "a: [", "r.yaml"),
    SpecError,
    "Cannot read r.yaml:1:",
  );
  await assertRejects(
    () => addMirrors([CACHE], "- a\n", "r.yaml"),
    SpecError,
    "expected a mapping",
  );
  await assertRejects(() => addMirrors([CACHE], "mirrors: 5\n", "r.yaml"), SpecError, "r.yaml:1:");
  await assertRejects(
    () => addMirrors([CACHE], "mirrors: { docker.io: { endpoint: x } }\n"),
    SpecError,
    "expected a list",
  );
});

Deno.test("registries have the last addresses, which no node gets", () => {
  assertEquals(lastAddresses("10.0.0.0/29", 3, ["10.0.0.6"]), ["10.0.0.5", "10.0.0.4", "10.0.0.3"]);
  assertEquals(lastAddresses("10.0.0.0/29", 9).length, 5);
});

/** An engine that knows one container besides davit's. */
async function ask(container: unknown, used: string) {
  await using dir = await tempDir();
  const executable = await fakeDocker(
    dir,
    `case "$1" in container) echo '${JSON.stringify([container])}' ;; esac`,
  );
  const cli = new DockerCli({ executable });
  const { found } = await askRegistries(cli, { made: [], used: [used], images: [] });
  return found[0];
}

const OTHER = {
  Name: "/ctlptl-registry",
  Config: { Labels: null, ExposedPorts: { "5000/tcp": {}, "9000/tcp": {} } },
  HostConfig: { PortBindings: { "5000/tcp": [{ HostIp: "", HostPort: "5005" }] } },
  NetworkSettings: {
    Ports: {
      "5000/tcp": [{ HostIp: "0.0.0.0", HostPort: "5005" }, { HostIp: "::", HostPort: "5005" }],
    },
    Networks: { bridge: {} },
  },
};

Deno.test("case 88: a registry that listens on IPv4 and IPv6 is used, whoever made it", async () => {
  const found = {
    ...{ name: "ctlptl-registry", port: 5000, hostPorts: [5005], networks: ["bridge"] },
  };
  assertEquals(await ask(OTHER, "ctlptl-registry"), found);
  assertEquals(await ask(OTHER, "ctlptl-registry:5000"), found);
  assertEquals(await ask(OTHER, "ctlptl-registry:5005"), found);
  assertEquals((await ask(OTHER, "ctlptl-registry:9000"))?.hostPorts, []);
});

Deno.test("case 87: a registry that is not there, or not at that port", async () => {
  await assertRejects(() => ask(OTHER, "else"), NotFoundError, 'Cannot find registry "else"');
  await assertRejects(
    () => ask(OTHER, "ctlptl-registry:7"),
    SpecError,
    'Cannot use registry "ctlptl-registry" at port 7: expected 5005 or 5000 or 9000',
  );
});

async function plan(spec: ClusterSpec, containers: readonly unknown[] = []): Promise<string> {
  return formatPlan(await planned(spec, containers));
}

async function planned(spec: ClusterSpec, containers: readonly unknown[] = []): Promise<Plan> {
  await using dir = await tempDir();
  const info = { ServerVersion: "24.0.7", SystemTime: "2026-01-01T00:00:00Z" };
  const executable = await fakeDocker(
    dir,
    `case "$1 $2" in
  "info --format") echo '${JSON.stringify(info)}' ;;
  "network inspect") echo '[]'; echo "no such network" >&2; exit 1 ;;
  "container inspect") echo '${JSON.stringify(containers)}' ;;
  "image inspect") case "$5" in localhost*) echo "No such image" >&2; exit 1 ;; *) echo '["x:1"]' ;; esac ;;
  "context inspect") echo unix:///var/run/docker.sock ;;
  "version --format") echo "${Deno.build.os}/${Deno.build.arch === "x86_64" ? "amd64" : "arm64"}" ;;
esac`,
  );
  return await planCluster({ name: "dev", image: "x:1", subnet: "10.5.0.0/24", ...spec }, {
    docker: { executable },
  });
}

Deno.test("a plan says what is done about registries", async () => {
  const text = await plan({
    registries: {
      create: [{ hostPort: "5000" }],
      use: ["ctlptl-registry"],
    },
  }, [OTHER]);
  const lines = text.split("\n").filter((line) => /registry|^# wait/.test(line))
    .map((line) => line.replace(/ --label.*?(?= --publish)/, " …"));
  const image = /localhost\/davit-registry:[0-9a-f]{16}/.exec(text)?.[0];
  assertEquals(lines.filter((line) => !line.startsWith("docker cp")), [
    `docker load --quiet  # davit's own registry, as ${image}`,
    "docker create --name davit-dev-registry --hostname davit-dev-registry --network davit-dev " +
    "--ip 10.5.0.254 --restart unless-stopped --security-opt no-new-privileges … " +
    "--publish 127.0.0.1:5000:5000/tcp --mount type=volume,source=davit-dev-registry," +
    "target=/var/lib/registry,volume-label=davit.registry=davit-dev-registry " +
    `${image} --address 0.0.0.0:5000 --disk /var/lib/registry`,
    "docker start davit-dev-registry",
    "docker network connect --ip 10.5.0.253 davit-dev ctlptl-registry",
    "# wait until davit-dev-server-0 is Ready",
    "# wait until http://127.0.0.1:5000/v2/ answers",
  ]);
  assertMatch(text, /docker cp - davit-dev-server-0:\/.*registries\.yaml, .*davit-registry\.yaml/);
});

Deno.test("passwords are in no line of a plan, nor in what is told of it as JSON", async () => {
  const proxy = { remoteURL: "https://registry-1.docker.io", username: "ann", password: "secret" };
  for (const image of [{}, { image: "registry:2" }]) {
    const made = await planned({ token: "secret", registries: { create: [{ proxy, ...image }] } });
    const text = formatPlan(made);
    const outline = JSON.stringify(outlinePlan(made));
    for (const hidden of ["secret", new TextEncoder().encode("ann:secret").toBase64()]) {
      assert(!text.includes(hidden) && !outline.includes(hidden), hidden);
    }
    assert(outline.includes("/etc/rancher/k3s/davit-token"));
    assertMatch(text, /docker cp - davit-dev-registry:\//);
  }
});

Deno.test("one file cannot be the user's and davit's", async () => {
  const registries = { create: [{}] };
  await assertRejects(
    () => plan({ registries, volumes: [{ volume: "/x:k3s-registry-config" }] }),
    SpecError,
    "--registry-config",
  );
  await assertRejects(
    () => plan({ registries: { create: [{ name: "a" }, { name: "davit-a" }] } }),
    SpecError,
    'Cannot make registry "davit-a" twice',
  );
});

Deno.test("registries in a config file, and flags behind them", async () => {
  await using dir = await tempDir();
  await Deno.writeTextFile(
    dir.join("cluster.yaml"),
    `apiVersion: k3d.io/v1alpha5
kind: Simple
registries:
  create: { name: one, hostPort: 5000 }
  use: [k3d-other]
`,
  );
  const { stdout } = await runDavit([
    ...["cluster", "view", "-c", dir.join("cluster.yaml"), "--json"],
    ...["--registry-create", "two:5001", "--enforce-registry-port-match"],
  ]);
  const { registries } = JSON.parse(stdout);
  assertEquals(registries, {
    create: [
      { name: "one", hostPort: "5000", enforcePortMatch: true },
      { name: "two", hostPort: "5001", enforcePortMatch: true },
    ],
    use: ["k3d-other"],
  });
  await Deno.writeTextFile(
    dir.join("bad.yaml"),
    "apiVersion: k3d.io/v1alpha5\nkind: Simple\nregistries:\n  create:\n    hostport: 5000\n",
  );
  const bad = await runDavit(["cluster", "view", "-c", dir.join("bad.yaml")]);
  assertMatch(bad.stderr, /bad\.yaml:5:5: "registries\.create": there is no key "hostport" here/);
});
