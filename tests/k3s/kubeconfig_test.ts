import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { AlreadyExistsError, FileError } from "../../lib/errors.ts";
import { adaptKubeconfig } from "../../lib/k3s/kubeconfig.ts";
import { mergeKubeconfig, removeFromKubeconfig } from "../../lib/k3s/kubeconfig_files.ts";
import { run, runOk } from "../support/command.ts";
import { peerTest } from "../support/peers.ts";
import { tempDir } from "../support/temp_dir.ts";

const K3S = `apiVersion: v1
clusters:
- cluster:
    certificate-authority-data: QQ==
    server: https://127.0.0.1:6443
  name: default
contexts:
- context:
    cluster: default
    user: default
  name: default
current-context: default
kind: Config
preferences: {}
users:
- name: default
  user:
    client-certificate-data: Qg==
    client-key-data: Qw==
`;

const NEEDS = { needs: ["kubectl"] };

/** A kubeconfig with a production cluster, as somebody wrote it by hand. */
const FOREIGN = `# mine
apiVersion: v1
kind: Config
current-context: production # careful
contexts:
- name: production
  context: {cluster: production, user: me}
clusters:
# the big one
- name: production
  cluster:
    server: https://production.example
    x-unknown: 017
users:
- name: me
  user: {token: abc}
`;

function kubeconfig(cluster = "dev", port = 6550): string {
  return adaptKubeconfig(K3S, { cluster, server: `https://127.0.0.1:${port}` });
}

Deno.test("the kubeconfig of k3s gets the cluster's own names and address", () => {
  const text = kubeconfig();
  assertStringIncludes(text, "name: davit-dev\n");
  assertStringIncludes(text, "server: https://127.0.0.1:6550\n");
  assertStringIncludes(text, "user: admin@davit-dev\n");
  assert(!text.includes("default"), text);
});

Deno.test("a kubeconfig is made, with its directory, for its owner alone", async () => {
  await using dir = await tempDir();
  const path = dir.join("a/b/config");
  assertEquals(await mergeKubeconfig([path], kubeconfig()), path);
  assertEquals(((await Deno.stat(path)).mode ?? 0) & 0o777, 0o600);
  const text = await Deno.readTextFile(path);
  assertStringIncludes(text, "current-context: davit-dev\n");
  assertEquals(await names(dir.join("a/b")), ["config"]);
});

Deno.test("a merge keeps comments, order, unknown keys and the mode", async () => {
  await using dir = await tempDir();
  const path = dir.join("config");
  await Deno.writeTextFile(path, FOREIGN);
  await Deno.chmod(path, 0o640);
  await mergeKubeconfig([path], kubeconfig());
  const merged = await Deno.readTextFile(path);
  for (const line of FOREIGN.trimEnd().split("\n")) {
    const loose = line.replace("{", "{ ").replace("}", " }");
    assert(merged.includes(line) || merged.includes(loose), line);
  }
  assertStringIncludes(merged, "server: https://127.0.0.1:6550");
  assertEquals(((await Deno.stat(path)).mode ?? 0) & 0o777, 0o640);
});

Deno.test("the current context moves only when it is asked to", async () => {
  await using dir = await tempDir();
  const path = dir.join("config");
  await Deno.writeTextFile(path, FOREIGN);
  await mergeKubeconfig([path], kubeconfig());
  assertStringIncludes(await Deno.readTextFile(path), "current-context: production # careful");
  await mergeKubeconfig([path], kubeconfig(), { switchContext: true });
  assertStringIncludes(await Deno.readTextFile(path), "current-context: davit-dev");
});

Deno.test("what a cluster brought goes with it, and the current context is then none", async () => {
  await using dir = await tempDir();
  const path = dir.join("config");
  await Deno.writeTextFile(path, FOREIGN);
  await mergeKubeconfig([path], kubeconfig("other", 7000));
  const before = await Deno.readTextFile(path);
  await mergeKubeconfig([path], kubeconfig(), { switchContext: true });
  await removeFromKubeconfig([path], "dev");
  const after = await Deno.readTextFile(path);
  assertEquals(after, before.replace("production # careful", '"" # careful'));
  await removeFromKubeconfig([path], "dev");
  assertEquals(await Deno.readTextFile(path), after);
});

Deno.test("a foreign context stays the current one when a cluster goes", async () => {
  await using dir = await tempDir();
  const path = dir.join("config");
  await Deno.writeTextFile(path, FOREIGN);
  await mergeKubeconfig([path], kubeconfig());
  await removeFromKubeconfig([path, dir.join("missing")], "dev");
  assertStringIncludes(await Deno.readTextFile(path), "current-context: production # careful");
  assertEquals(await names(dir.path), ["config"]);
});

Deno.test("entries that may not be replaced are refused, the file stays as it was", async () => {
  await using dir = await tempDir();
  const path = dir.join("config");
  await mergeKubeconfig([path], kubeconfig("dev", 1));
  const before = await Deno.readTextFile(path);
  const merging = () => mergeKubeconfig([path], kubeconfig("dev", 2), { overwrite: false });
  await assertRejects(merging, AlreadyExistsError, "davit-dev");
  assertEquals(await Deno.readTextFile(path), before);
  await mergeKubeconfig([path], kubeconfig("dev", 2));
  assertEquals(await Deno.readTextFile(path), before.replace(":1\n", ":2\n"));
});

Deno.test("of several files the first that exists is changed, else the last is made", async () => {
  await using dir = await tempDir();
  const [first, second] = [dir.join("first"), dir.join("second")];
  assertEquals(await mergeKubeconfig([first, second], kubeconfig()), second);
  assertEquals(await mergeKubeconfig([first, second], kubeconfig("x")), second);
  await Deno.writeTextFile(first, FOREIGN);
  assertEquals(await mergeKubeconfig([first, second], kubeconfig("y")), first);
});

Deno.test("a link to a kubeconfig stays a link", async () => {
  await using dir = await tempDir();
  await Deno.writeTextFile(dir.join("real"), FOREIGN);
  await Deno.symlink(dir.join("real"), dir.join("config"));
  await mergeKubeconfig([dir.join("config")], kubeconfig());
  assert((await Deno.lstat(dir.join("config"))).isSymlink);
  assertStringIncludes(await Deno.readTextFile(dir.join("real")), "davit-dev");
});

Deno.test.each([
  { what: "no YAML", text: "clusters: [" },
  { what: "a list", text: "- a\n" },
  { what: "text", text: "hello\n" },
])("a file that is $what is refused and left alone", async ({ text }) => {
  await using dir = await tempDir();
  const path = dir.join("config");
  await Deno.writeTextFile(path, text);
  await assertRejects(() => mergeKubeconfig([path], kubeconfig()), FileError, "as a kubeconfig");
  assertEquals(await Deno.readTextFile(path), text);
  assertEquals(await names(dir.path), ["config"]);
});

Deno.test("a lock that somebody holds is waited for", async () => {
  await using dir = await tempDir();
  const path = dir.join("config");
  await Deno.writeTextFile(`${path}.lock`, "");
  const merging = mergeKubeconfig([path], kubeconfig());
  setTimeout(() => Deno.removeSync(`${path}.lock`), 60);
  await merging;
  assertEquals(await names(dir.path), ["config"]);
});

Deno.test("a lock that stays is told with its age and what to do", async () => {
  await using dir = await tempDir();
  const path = dir.join("config");
  await Deno.writeTextFile(`${path}.lock`, "");
  const error = await assertRejects(
    () => mergeKubeconfig([path], kubeconfig(), { patienceMs: 50 }),
    FileError,
    "says that another program does since 20",
  );
  assertStringIncludes(error.message, "remove that file");
});

Deno.test("clusters that are merged at the same time are all there", async () => {
  await using dir = await tempDir();
  const path = dir.join("config");
  const clusters = Array.from({ length: 8 }, (_, index) => `c${index}`);
  await Promise.all(clusters.map((cluster) => mergeKubeconfig([path], kubeconfig(cluster))));
  const text = await Deno.readTextFile(path);
  for (const cluster of clusters) assertStringIncludes(text, `name: davit-${cluster}\n`);
});

peerTest("kubectl and davit change a kubeconfig beside each other", NEEDS, async () => {
  await using dir = await tempDir();
  const env = { KUBECONFIG: dir.join("config") };
  await Deno.writeTextFile(env.KUBECONFIG, FOREIGN);
  const clusters = Array.from({ length: 4 }, (_, index) => `c${index}`);
  await Promise.all([
    ...clusters.map((cluster) => mergeKubeconfig([env.KUBECONFIG], kubeconfig(cluster))),
    untilUnlocked(["config", "set-cluster", "theirs"], env),
  ]);
  const { stdout } = await runOk("kubectl", ["config", "get-clusters"], { env });
  const expected = ["NAME", "production", "theirs", ...clusters.map((name) => `davit-${name}`)];
  assertEquals(stdout.trim().split("\n").sort(), expected.sort());
});

/** kubectl does not wait for the lock. */
async function untilUnlocked(args: string[], env: Record<string, string>): Promise<void> {
  for (;;) {
    const { code, stderr } = await run("kubectl", args, { env });
    if (code === 0) return;
    assertStringIncludes(stderr, "config.lock: file exists");
  }
}

async function names(path: string): Promise<string[]> {
  return (await Array.fromAsync(Deno.readDir(path))).map(({ name }) => name).sort();
}
