/** What docker is asked to do: read off a `docker` that only notes its words. */
import { assert, assertEquals, assertMatch, assertRejects, assertThrows } from "@std/assert";
import { createCluster, planCluster } from "../../lib/k3s/create_cluster.ts";
import { assignAddresses, candidateSubnets } from "../../lib/k3s/choose_subnet.ts";
import { AlreadyExistsError, SpecError, UnsupportedError } from "../../lib/errors.ts";
import { remoteHostOf } from "../../lib/k3s/engine.ts";
import { formatPlan } from "../../lib/k3s/format_plan.ts";
import type { ClusterSpec } from "../../lib/k3s/spec.ts";
import { fakeDocker } from "../docker/fake_docker.ts";
import { type TempDir, tempDir } from "../support/temp_dir.ts";

const IMAGE = "rancher/k3s:v1.31.5-k3s1";
const KUBECONFIG = ["certificate-authority-data", "client-certificate-data", "client-key-data"]
  .map((name) => `    ${name}: QQ==`).join("\n");

interface EngineAnswers {
  readonly info?: unknown;
  readonly endpoint?: string;
  readonly containers?: string;
  readonly volumes?: string;
  readonly images?: string;
}

/** An engine on which all goes well; its `calls` file has the words of each run on a line. */
async function engine(dir: TempDir, answers: EngineAnswers = {}): Promise<string> {
  const {
    info = { ServerVersion: "24.0.7", SystemTime: "2026-01-01T00:00:00Z", CgroupVersion: "2" },
    endpoint = "unix:///var/run/docker.sock",
    containers = "",
    volumes = "",
    images = `["${IMAGE}"]`,
  } = answers;
  const bridge = [{ Name: "bridge", Options: { "com.docker.network.driver.mtu": "1450" } }];
  return await fakeDocker(
    dir,
    `line=$(printf '%s|' "$@" | tr '\\n' ' '); printf '%s\\n' "$line" >>${dir.join("calls")}
case "$1 $2" in
  "info --format") echo '${JSON.stringify(info)}' ;;
  "ps --all") printf '%s' '${containers}' ;;
  "volume ls") printf '%s' '${volumes}' ;;
  "network inspect") echo '${JSON.stringify(bridge)}'; echo "no such network" >&2; exit 1 ;;
  "image inspect") echo '${images}' ;;
  "context inspect") echo '${endpoint}' ;;
  "exec "*) printf 'davit: ready\\n%s\\n' '${KUBECONFIG}' ;;
  "events "*) exec sleep 600 ;;
  "cp -") cat >/dev/null ;;
esac`,
  );
}

async function plan(dir: TempDir, spec: ClusterSpec, answers?: EngineAnswers): Promise<string> {
  const executable = await engine(dir, answers);
  const made = await planCluster({ name: "dev", image: IMAGE, ...spec }, {
    docker: { executable },
  });
  return formatPlan(made);
}

/** The words that follow a flag, each time it stands in a line. */
function valuesOf(text: string, node: string, flag: string): readonly string[] {
  const line = text.split("\n").find((line) => line.includes(`create --name ${node} `)) ?? "";
  return [...line.matchAll(new RegExp(` ${flag} ('[^']*'|\\S+)`, "g"))]
    .map(([, value = ""]) => value.replace(/^'(.*)'$/, "$1"));
}

Deno.test("a cluster of one server takes 12 runs of docker, and no other", async () => {
  await using dir = await tempDir();
  const executable = await engine(dir);
  await createCluster({ name: "dev", image: IMAGE }, { docker: { executable } });
  const calls = (await Deno.readTextFile(dir.join("calls"))).trim().split("\n")
    .map((line) => line.split("|").slice(0, 2).join(" ").replace(/ davit-.*| --.*/, ""));
  assertEquals(calls.slice(0, 6).sort(), [
    "context inspect",
    "image inspect",
    "info",
    "network inspect",
    "ps",
    "volume ls",
  ]);
  assertEquals(calls.slice(6).sort(), [
    "cp -",
    "create",
    "events",
    "exec",
    "network create",
    "start",
  ]);
});

Deno.test("each agent adds three runs, and one wait is added for all", async () => {
  await using dir = await tempDir();
  const executable = await engine(dir);
  await createCluster({ name: "dev", image: IMAGE, agents: 3 }, { docker: { executable } });
  const calls = (await Deno.readTextFile(dir.join("calls"))).trim().split("\n");
  assertEquals(calls.length, 12 + 3 * 3 + 1);
});

Deno.test("a plan is the same every time, arguments in the user's order", async () => {
  await using dir = await tempDir();
  const args = Array.from({ length: 30 }, (_, index) => `--kubelet-arg=v=${(index * 7) % 30}`);
  const spec: ClusterSpec = {
    subnet: "10.5.0.0/24",
    kubeAPI: { hostPort: "6550" },
    options: { k3s: { extraArgs: args.map((arg) => ({ arg })) } },
  };
  const plans = [await plan(dir, spec), await plan(dir, spec), await plan(dir, spec)];
  assertEquals(new Set(plans).size, 1);
  assert(plans[0]?.includes(`server ${args.join(" ")}\n`));
});

Deno.test("the token is in no line of a plan", async () => {
  await using dir = await tempDir();
  const text = await plan(dir, { token: "very-secret", agents: 1 });
  assert(!text.includes("very-secret"));
});

Deno.test("words that a shell would take apart are quoted", async () => {
  await using dir = await tempDir();
  const text = await plan(dir, { env: [{ envVar: "A=it's $HOME; rm -rf *" }] });
  assert(text.includes(String.raw`--env 'A=it'\''s $HOME; rm -rf *'`), text);
});

Deno.test("the first server starts alone, the others one by one, agents together", async () => {
  await using dir = await tempDir();
  const text = await plan(dir, {
    servers: 3,
    agents: 2,
    options: { k3d: { disableLoadbalancer: true } },
  });
  const order = text.split("\n").filter((line) => /^docker start|^# wait/.test(line))
    .map((line) => line.replaceAll("davit-dev-", "").replace(/^docker /, ""));
  assertEquals(order, [
    "start server-0",
    "# wait until the API of server-0 answers",
    "start server-1",
    "# wait until server-1 is Ready",
    "start server-2",
    "# wait until server-2 is Ready",
    "start agent-0",
    "start agent-1",
    "# wait until server-0, server-1, server-2, agent-0, agent-1 are Ready",
  ]);
  assertMatch(text, /server --cluster-init/);
  assertEquals(
    valuesOf(text, "davit-dev-server-1", "--env").at(-1),
    "K3S_URL=https://davit-dev-server-0:6443",
  );
  assertEquals(valuesOf(text, "davit-dev-server-0", "--env"), [
    "K3S_TOKEN_FILE=/etc/rancher/k3s/davit-token",
  ]);
});

Deno.test("a port that leads to one node is published by it, without a load balancer", async () => {
  await using dir = await tempDir();
  const one = await plan(dir, { ports: [{ port: "8080:80", nodeFilters: ["loadbalancer"] }] });
  assertEquals(valuesOf(one, "davit-dev-server-0", "--publish").at(-1), "8080:80/tcp");
  assert(!one.includes("serverlb"));
  const agent = await plan(dir, {
    agents: 2,
    ports: [{ port: "53:53/udp", nodeFilters: ["agent:1:direct"] }],
  });
  assertEquals(valuesOf(agent, "davit-dev-agent-1", "--publish"), ["53:53/udp"]);
  assert(!agent.includes("serverlb"));
});

Deno.test("a port that leads to several nodes gets a load balancer, which is not privileged", async () => {
  await using dir = await tempDir();
  const text = await plan(dir, {
    agents: 1,
    kubeAPI: { hostPort: "6550" },
    ports: [{ port: "8080:80" }],
  });
  const balancer = text.split("\n").find((line) => line.includes("--name davit-dev-serverlb")) ??
    "";
  assertEquals(valuesOf(text, "davit-dev-serverlb", "--publish"), [
    "127.0.0.1:6550:6443/tcp",
    "8080:80/tcp",
  ]);
  assert(!balancer.includes("--privileged"));
  assertEquals(valuesOf(text, "davit-dev-server-0", "--publish"), []);
});

Deno.test.each<{ what: string; spec: ClusterSpec; says: string }>([
  {
    what: "one host port for two",
    spec: { ports: [{ port: "80:80" }, { port: "127.0.0.1:79-80:81-82" }] },
    says: 'the host\'s port 80 is taken by "80:80"',
  },
  {
    what: "direct on two nodes",
    spec: { agents: 2, ports: [{ port: "80:80", nodeFilters: ["agent:*:direct"] }] },
    says: "expected one node, got 2",
  },
  {
    what: "a port for several nodes without a load balancer",
    spec: {
      agents: 1,
      ports: [{ port: "80:80" }],
      options: { k3d: { disableLoadbalancer: true } },
    },
    says: "without a load balancer",
  },
  {
    what: "an argument for nobody in particular",
    spec: { agents: 1, options: { k3s: { extraArgs: [{ arg: "--disable=x" }] } } },
    says: 'Cannot tell which nodes --k3s-arg "--disable=x" is for',
  },
])("$what is refused before anything is made", async ({ spec, says }) => {
  await using dir = await tempDir();
  await assertRejects(() => plan(dir, spec), SpecError, says);
});

Deno.test("an engine that is too old is refused; so is what is left of another cluster", async () => {
  await using dir = await tempDir();
  await assertRejects(
    () => plan(dir, {}, { info: { ServerVersion: "19.03.1" } }),
    UnsupportedError,
    "Cannot make a cluster on Docker 19.03.1: expected 20.10 or newer",
  );
  await assertRejects(() => plan(dir, {}, { containers: "x" }), AlreadyExistsError, "cluster dev");
  await assertRejects(
    () => plan(dir, {}, { volumes: "other \ndavit-dev-server-0 dev" }),
    AlreadyExistsError,
    "davit cluster delete dev",
  );
  await assertRejects(
    () => plan(dir, {}, { volumes: "davit-dev-agent-3-kubelet " }),
    AlreadyExistsError,
    "docker volume rm davit-dev-agent-3-kubelet",
  );
  const others = [
    "davit-dev-server-0-mine ",
    "my-davit-dev-server-0 ",
    "davit-other-server-0 other",
  ];
  await plan(dir, {}, { volumes: others.join("\n") });
});

Deno.test("an image that the engine lacks is pulled first", async () => {
  await using dir = await tempDir();
  const text = await plan(dir, {}, { images: '["other:1"]' });
  assertMatch(text, new RegExp(`^docker pull --quiet ${IMAGE}\n`));
});

Deno.test("cgroup v1 and a Kubernetes that refuses it are told beforehand", async () => {
  await using dir = await tempDir();
  const info = { ServerVersion: "24.0.0", CgroupVersion: "1" };
  const executable = await engine(dir, { info });
  const warnings: string[] = [];
  const image = "docker.io/rancher/k3s:v1.35.1-k3s1";
  const options = { docker: { executable }, onWarning: (text: string) => void warnings.push(text) };
  await planCluster({ name: "dev", image }, options);
  assertMatch(warnings.join(), /cgroup v1, which Kubernetes 1\.35 refuses/);
});

Deno.test("the API of a remote engine is published where it is reached", async () => {
  await using dir = await tempDir();
  const text = await plan(dir, { kubeAPI: { hostPort: "6550" } }, {
    endpoint: "ssh://me@far.example:22",
  });
  assertEquals(valuesOf(text, "davit-dev-server-0", "--publish"), ["0.0.0.0:6550:6443/tcp"]);
  assert(text.includes("davit.api=https://far.example:6550"));
  assertMatch(text, /server --tls-san far\.example\n/);
});

Deno.test.each([
  { endpoint: "unix:///var/run/docker.sock", host: undefined },
  { endpoint: "npipe:////./pipe/docker_engine", host: undefined },
  { endpoint: "tcp://127.0.0.1:2375", host: undefined },
  { endpoint: "tcp://10.0.0.5:2376", host: "10.0.0.5" },
  { endpoint: "ssh://me@far.example", host: "far.example" },
  { endpoint: "tcp://[fd00::1]:2376", host: "fd00::1" },
])("an engine at $endpoint is on $host", ({ endpoint, host }) => {
  assertEquals(remoteHostOf(endpoint), host);
});

Deno.test("subnets that are in use are not tried, and each name starts with another", () => {
  const all = candidateSubnets("dev", []);
  assertEquals([all.length, new Set(all).size], [256, 256]);
  const [first = "", second] = all;
  assertEquals(candidateSubnets("dev", [first.replace(/0\/24/, "7/24")])[0], second);
  assertEquals(candidateSubnets("dev", ["172.16.0.0/12"]), []);
  assert(candidateSubnets("test", [])[0] !== first);
});

Deno.test("addresses are distinct, in the subnet, and not the gateway's", () => {
  assertEquals(assignAddresses("10.0.0.0/29", 3, ["10.0.0.3"]), [
    "10.0.0.2",
    "10.0.0.4",
    "10.0.0.5",
  ]);
  assertThrows(() => assignAddresses("10.0.0.0/29", 6), RangeError, "got 5");
  assertThrows(() => assignAddresses("10.0.0.0", 1), SyntaxError, "IPv4 network");
  assertThrows(() => assignAddresses("fd00::/64", 1), SyntaxError, "IPv4 network");
});
