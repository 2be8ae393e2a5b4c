/** k3d's config files, as davit reads them. */
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { Validator } from "@cfworker/json-schema";
import { parse } from "yaml";
import { SpecError } from "../../lib/errors.ts";
import { expandText } from "../../lib/k3s/expand_variables.ts";
import { mergeSpecs } from "../../lib/k3s/merge_specs.ts";
import { migrateConfig } from "../../lib/k3s/migrate_config.ts";
import { clusterConfigSchema, parseClusterConfig } from "../../lib/k3s/parse_config.ts";
import { specFromEnvironment } from "../../lib/k3s/spec_from_environment.ts";

const HEAD = "apiVersion: k3d.io/v1alpha5\nkind: Simple\n";

const FULL = `${HEAD}metadata:
  name: dev
servers: 3
agents: 2
kubeAPI:
  host: myhost.my.domain
  hostIP: "127.0.0.1"
  hostPort: "6445"
image: rancher/k3s:v1.31.5-k3s1
network: my-net
subnet: "172.28.0.0/16"
token: superSecretToken
volumes:
  - volume: /my/host/path:/path/in/node
    nodeFilters: [server:0, agent:*]
ports:
  - port: 8080:80
    nodeFilters: [loadbalancer]
env:
  - envVar: bar=baz
    nodeFilters: [server:0]
files:
  - description: a namespace
    source: |
      apiVersion: v1
      kind: Namespace
    destination: k3s-manifests-custom/foo.yaml
hostAliases:
  - ip: 1.2.3.4
    hostnames: [my.host.local, that.other.local]
options:
  k3d:
    wait: true
    timeout: "60s"
    disableLoadbalancer: false
    disableImageVolume: false
    disableRollback: false
    loadbalancer:
      configOverrides: [settings.workerConnections=2048]
  k3s:
    extraArgs:
      - arg: --tls-san=my.host.domain
        nodeFilters: [server:*]
    nodeLabels:
      - label: foo=bar
        nodeFilters: [agent:1]
  kubeconfig:
    updateDefaultKubeconfig: true
    switchCurrentContext: true
  runtime:
    gpuRequest: all
    labels:
      - label: bar=baz
        nodeFilters: [agent:1]
    ulimits:
      - name: nofile
        soft: 26677
        hard: 26677
`;

Deno.test("a config file of k3d is read as it is", async () => {
  const spec = await parseClusterConfig(FULL);
  const { apiVersion: _, kind: __, metadata, ...rest } = parse(FULL);
  assertEquals<unknown>(spec, { ...rest, ...metadata });
});

Deno.test("numbers where k3d wants text are taken for text", async () => {
  const text = `${HEAD}kubeAPI: { hostPort: 6550 }\nports: [{ port: 80 }]\n`;
  const { kubeAPI, ports } = await parseClusterConfig(text);
  assertEquals([kubeAPI?.hostPort, ports?.[0]?.port], ["6550", "80"]);
});

Deno.test.each([
  { what: "on top", text: `${HEAD}server: 1\n`, says: ':3:1: there is no key "server" here, but ' },
  {
    what: "in kubeAPI",
    text: `${HEAD}kubeAPI:\n  port: 1\n`,
    says: ':4:3: "kubeAPI": there is no key "port" here, but host, hostIP, hostPort',
  },
  {
    what: "in a list",
    text: `${HEAD}ports:\n  - port: 1:1\n    nodefilters: []\n`,
    says: ':5:5: "ports.0": there is no key "nodefilters" here, but port, nodeFilters',
  },
  {
    what: "in options.runtime",
    text: `${HEAD}options:\n  runtime:\n    memory: 1g\n`,
    says: ':5:5: "options.runtime": there is no key "memory" here',
  },
  {
    what: "in hostAliases",
    text: `${HEAD}hostAliases:\n- ip: 1.2.3.4\n  hostnames: [a]\n  names: []\n`,
    says: ':6:3: "hostAliases.0": there is no key "names" here',
  },
])("an unknown key $what is refused with its line", async ({ text, says }) => {
  await assertRejects(
    () => parseClusterConfig(text, { path: "c.yaml" }),
    SpecError,
    `c.yaml${says}`,
  );
});

Deno.test.each([
  { what: "a count that is text", text: `${HEAD}servers: "3"\n`, says: ":3:10: " },
  { what: "no server", text: `${HEAD}servers: 0\n`, says: ":3:10: " },
  { what: "another kind", text: "apiVersion: k3d.io/v1alpha5\nkind: Registry\n", says: ":2:7: " },
  { what: "no version", text: "kind: Simple\n", says: "expected apiVersion k3d.io/v1alpha5" },
  {
    what: "an unknown version",
    text: "apiVersion: k3d.io/v9\nkind: Simple\n",
    says:
      ':1:13: expected apiVersion k3d.io/v1alpha5, k3d.io/v1alpha4, k3d.io/v1alpha3, k3d.io/v1alpha2, got "k3d.io/v9"',
  },
  { what: "nothing", text: "", says: "expected apiVersion" },
  { what: "no YAML", text: `${HEAD}ports: [\n`, says: ":4:1: " },
])("$what is refused", async ({ text, says }) => {
  await assertRejects(() => parseClusterConfig(text, { path: "c.yaml" }), SpecError, says);
});

Deno.test("a config of v1alpha2 is brought to today's form", () => {
  const second = parse(`
apiVersion: k3d.io/v1alpha2
kind: Simple
name: old
servers: 1
labels:
  - label: foo=bar
    nodeFilters: ["agent[1]"]
ports:
  - port: 80:80
    nodeFilters: [loadbalancer, "server[0,1]"]
options:
  k3d: { wait: true, disableHostIPInjection: true }
  k3s:
    extraServerArgs: [--tls-san=a]
    extraAgentArgs: [--v=1]
`);
  assertEquals<unknown>(migrateConfig(second), {
    apiVersion: "k3d.io/v1alpha5",
    kind: "Simple",
    metadata: { name: "old" },
    servers: 1,
    ports: [{ port: "80:80", nodeFilters: ["loadbalancer", "server:0,1"] }],
    options: {
      k3d: { wait: true },
      k3s: {
        extraArgs: [
          { arg: "--tls-san=a", nodeFilters: ["server:*"] },
          { arg: "--v=1", nodeFilters: ["agent:*"] },
        ],
      },
      runtime: { labels: [{ label: "foo=bar", nodeFilters: ["agent:1"] }] },
    },
  });
});

Deno.test.each(["v1alpha3", "v1alpha4", "v1alpha5"])("the name of %s is found", async (version) => {
  const name = version === "v1alpha3" ? "name: dev" : "metadata: { name: dev }";
  const text = `apiVersion: k3d.io/${version}\nkind: Simple\n${name}\n`;
  assertEquals(await parseClusterConfig(text), { name: "dev" });
});

Deno.test.each([
  { text: "$A", expanded: "1" },
  { text: "a${A}b", expanded: "a1b" },
  { text: "$$A costs $$5", expanded: "$A costs $5" },
  { text: "$NONE.", expanded: "." },
  { text: "${NONE:-x y}", expanded: "x y" },
  { text: "${EMPTY:-x}", expanded: "x" },
  { text: "${EMPTY-x}", expanded: "" },
  { text: "${A:-x}", expanded: "1" },
  { text: "$", expanded: "$" },
  { text: "$5 ${", expanded: "$5 ${" },
])("variables in $text are replaced", ({ text, expanded }) => {
  const env: Record<string, string> = { A: "1", EMPTY: "" };
  assertEquals(expandText(text, (name) => env[name]), expanded);
});

Deno.test("a variable that must be set says so, with its line", async () => {
  assertThrows(() => expandText("${A:?}", () => undefined), RangeError, '"A" is not set');
  const text = `${HEAD}env:\n- envVar: x\n- envVar: \${TOKEN:?get one at the desk}\n`;
  await assertRejects(
    () => parseClusterConfig(text, { path: "c.yaml" }),
    SpecError,
    'Cannot use c.yaml:5:11: variable "TOKEN" is not set: get one at the desk',
  );
});

Deno.test("a variable cannot change the form of a file", async () => {
  const text = `${HEAD}servers: $COUNT\nimage: "$IMAGE"\ntoken: $IMAGE\n`;
  const env: Record<string, string> = { COUNT: "3", IMAGE: "x: y\nservers: 9" };
  const spec = await parseClusterConfig(text, { env: (name) => env[name] });
  assertEquals(spec, { servers: 3, image: env["IMAGE"] ?? "", token: env["IMAGE"] ?? "" });
});

Deno.test("flags win over the environment, that over the file; lists are added up", () => {
  const file = { servers: 1, agents: 1, image: "file", ports: [{ port: "1:1" }] };
  const env = specFromEnvironment((name) =>
    ({ K3D_AGENTS: "2", K3D_IMAGE: "env", K3D_OPTIONS_K3D_TIMEOUT: "9s" })[name]
  );
  const flags = { image: "flag", ports: [{ port: "2:2" }] };
  assertEquals(mergeSpecs(mergeSpecs(file, env), flags), {
    servers: 1,
    agents: 2,
    image: "flag",
    ports: [{ port: "1:1" }, { port: "2:2" }],
    options: { k3d: { timeout: "9s" } },
  });
});

Deno.test("a number of the environment that is none is refused by its name", () => {
  const env = (name: string) => name === "K3D_SERVERS" ? "many" : undefined;
  assertThrows(() => specFromEnvironment(env), SyntaxError, 'K3D_SERVERS="many"');
});

Deno.test("the JSON Schema takes what davit takes, and refuses what it refuses", async () => {
  const validator = new Validator(await clusterConfigSchema(), "2020-12");
  assertEquals(validator.validate(parse(FULL)).valid, true);
  assertEquals(validator.validate(parse(`${HEAD}server: 1\n`)).valid, false);
  assertEquals(validator.validate(parse(`${HEAD}ports: [{ prt: 1 }]\n`)).valid, false);
});
