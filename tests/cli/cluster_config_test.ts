/** Config files of clusters, by the command: written, brought up to date, looked at. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { parse } from "yaml";
import { parseClusterConfig } from "../../lib/k3s/parse_config.ts";
import { runDavit, runDavitOk } from "../support/cli.ts";
import { tempDir } from "../support/temp_dir.ts";

for (const words of [["config", "init"], ["cluster", "init"]]) {
  Deno.test(`davit ${words.join(" ")} writes a config that can be read, over nothing`, async () => {
    await using dir = await tempDir();
    const path = dir.join("cluster.yaml");
    assertEquals((await runDavitOk([...words, "-o", path])).stdout, `${path}\n`);
    const text = await Deno.readTextFile(path);
    assertEquals((await parseClusterConfig(text)).servers, 1);
    assertEquals((await runDavit([...words, "-o", path])).code, 4);
    await Deno.writeTextFile(path, "x");
    await runDavitOk([...words, "-o", path, "--force"]);
    assertEquals(await Deno.readTextFile(path), text);
    assertEquals((await runDavitOk([...words, "-o", "-"])).stdout, text);
  });
}

Deno.test("davit config migrate brings an old config to today's, variables and all", async () => {
  await using dir = await tempDir();
  const [old, now] = [dir.join("old.yaml"), dir.join("now.yaml")];
  await Deno.writeTextFile(
    old,
    `apiVersion: k3d.io/v1alpha2
kind: Simple
name: dev
image: $IMAGE
env:
  - envVar: A=\${B:-c}
    nodeFilters: ["server[0]"]
`,
  );
  const expected = {
    apiVersion: "k3d.io/v1alpha5",
    kind: "Simple",
    image: "$IMAGE",
    env: [{ envVar: "A=${B:-c}", nodeFilters: ["server:0"] }],
    options: {},
    metadata: { name: "dev" },
  };
  assertEquals(parse((await runDavitOk(["config", "migrate", old])).stdout), expected);
  assertEquals((await runDavitOk(["config", "migrate", old, now])).stdout, `${now}\n`);
  assertEquals(parse(await Deno.readTextFile(now)), expected);
  await Deno.writeTextFile(old, "apiVersion: k3d.io/v1alpha2\nkind: Simple\nserver: 1\n");
  const { code, stderr } = await runDavit(["config", "migrate", old]);
  assertEquals(code, 2);
  assertStringIncludes(stderr, `Cannot use ${old}:3:1: there is no key "server" here`);
});

Deno.test("davit config view shows what flags, environment and file come to", async () => {
  const stdin = "apiVersion: k3d.io/v1alpha5\nkind: Simple\nmetadata: { name: dev }\nservers: 3\n";
  const args = ["config", "view", "-c", "-", "--agents", "2", "-p", "80:80@loadbalancer"];
  const { stdout } = await runDavitOk(args, { stdin, env: { K3D_IMAGE: "x/y:z" } });
  const { servers, agents, image, ports, metadata } = parse(stdout);
  assertEquals([servers, agents, image, metadata.name], [3, 2, "x/y:z", "dev"]);
  assertEquals(ports, [{ port: "80:80", nodeFilters: ["loadbalancer"] }]);
});
