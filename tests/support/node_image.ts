import { DockerDaemon } from "../../lib/docker/daemon.ts";
import { appendLayers } from "../../lib/image/append.ts";
import { configureImage } from "../../lib/image/configure.ts";
import { emptyImage } from "../../lib/image/empty.ts";
import { layerFromEntries } from "../../lib/layer/entries.ts";
import type { LayerEntry } from "../../lib/layer/layer_entry.ts";
import { hostPlatform } from "../../lib/oci/platform.ts";
import { copy } from "../../lib/store/copy.ts";
import { findCommand, run, runOk } from "./command.ts";
import { conditionalTest } from "./conditional.ts";
import { type Engine, engineTest } from "./engine.ts";

/** What the image of a node is made of; each is in a Debian package of about that name. */
const PROGRAMS = ["busybox", "containerd", "containerd-shim-runc-v2", "ctr", "kubectl", "openssl"];
const NEEDED = [...PROGRAMS, "runc", "socat"];
const SCRIPTS = ["k3s", "standin-api", "standin-join"];
const HERE = new URL("./node", import.meta.url).pathname;

/** An engine, and the image that nodes are made of. */
export interface NodeEngine extends Engine {
  /** The image of a node: `DAVIT_TEST_NODE_IMAGE`, or the stand-in. */
  readonly image: string;
  /** Whether it is the stand-in, which fails on demand. */
  readonly isStandIn: boolean;
}

/**
 * Registers a test that makes cluster nodes on a real engine. They are of the image that
 * `DAVIT_TEST_NODE_IMAGE` names, such as `rancher/k3s:v1.31.5-k3s1`, or of a stand-in, which is
 * built once an engine.
 */
export function nodeTest(
  name: string,
  fn: (engine: NodeEngine, t: Deno.TestContext) => Promise<void> | void,
): void {
  const chosen = Deno.env.get("DAVIT_TEST_NODE_IMAGE");
  const missing = NEEDED.filter((command) => findCommand(command) === undefined);
  if (chosen === undefined && missing.length > 0) {
    return conditionalTest(name, `${missing.join(", ")} not installed`, () => {});
  }
  engineTest(name, async (engine, t) => {
    await fn({
      ...engine,
      image: chosen ?? await standInImage(engine),
      isStandIn: chosen === undefined,
    }, t);
  });
}

let built: Promise<string> | undefined;

/** Builds the stand-in image unless the engine has it, and returns its name. */
export function standInImage(engine: Engine): Promise<string> {
  return built ??= buildOnce(engine);
}

async function buildOnce({ host }: Engine): Promise<string> {
  const env = { DOCKER_HOST: host };
  const name = `davit-test/node:${await fingerprint()}`;
  using lock = await Deno.open(
    `${await Deno.realPath(Deno.env.get("TMPDIR") ?? "/tmp")}/davit_test_node.lock`,
    {
      create: true,
      write: true,
    },
  );
  await lock.lock(true);
  if ((await run("docker", ["image", "inspect", name], { env })).code === 0) return name;
  const base = emptyImage({ platform: hostPlatform() });
  const image = configureImage(appendLayers(base, [layerFromEntries(await nodeFiles())]), {
    entrypoint: ["/bin/k3s"],
    cmd: ["agent"],
    env: {
      PATH: "/bin:/sbin:/usr/sbin",
      LD_LIBRARY_PATH: "/lib",
      KUBECONFIG: "/etc/rancher/k3s/k3s.yaml",
      CONTAINERD_ADDRESS: "/run/k3s/containerd/containerd.sock",
      CONTAINERD_NAMESPACE: "k8s.io",
    },
    volumes: ["/var/lib/rancher/k3s", "/var/lib/kubelet", "/var/lib/cni", "/var/log"],
  });
  await using daemon = new DockerDaemon({ env });
  await copy(image, daemon, { names: [name] });
  await daemon.commit();
  return name;
}

/** Changes when anything changes that the image is made of. */
async function fingerprint(): Promise<string> {
  const parts = await Promise.all([
    ...SCRIPTS.map((script) => Deno.readTextFile(`${HERE}/${script}`)),
    Deno.readTextFile(new URL(import.meta.url)),
    ...NEEDED.map(async (command) => {
      const { size, mtime } = await Deno.stat(await pathOf(command));
      return `${command} ${size} ${mtime?.getTime()}`;
    }),
  ]);
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(parts.join("\n")));
  return new Uint8Array(digest).toHex().slice(0, 16);
}

async function pathOf(command: string): Promise<string> {
  return await Deno.realPath(findCommand(command) ?? command);
}

async function nodeFiles(): Promise<LayerEntry[]> {
  const files = new Map<string, LayerEntry>();
  const program = async (source: string, path: string) => {
    files.set(path, { path, content: await Deno.readFile(source), mode: 0o755 });
    for (const library of await librariesOf(source)) {
      const target = library.startsWith("/lib64/")
        ? library.slice(1)
        : `lib/${library.split("/").at(-1)}`;
      if (!files.has(target)) {
        files.set(target, { path: target, content: await Deno.readFile(library), mode: 0o755 });
      }
    }
  };
  for (const command of PROGRAMS) await program(await pathOf(command), `bin/${command}`);
  await program(await pathOf("socat"), "bin/socat");
  await program(await pathOf("runc"), "usr/sbin/runc");
  for (const script of SCRIPTS) {
    const content = await Deno.readTextFile(`${HERE}/${script}`);
    files.set(`bin/${script}`, { path: `bin/${script}`, content, mode: 0o755 });
  }
  const { stdout } = await runOk("busybox", ["--list"]);
  for (const applet of stdout.trim().split("\n")) {
    const path = `bin/${applet}`;
    if (!files.has(path)) files.set(path, { path, type: "symlink", linkName: "busybox" });
  }
  const directories = ["etc/rancher/k3s", "etc/rancher/node", "root", "run", "proc", "sys", "dev"]
    .map((path): LayerEntry => ({ path, type: "directory" }));
  return [
    ...files.values(),
    ...directories,
    { path: "tmp", type: "directory", mode: 0o1777 },
    { path: "etc/passwd", content: "root:x:0:0:root:/root:/bin/sh\n" },
    { path: "etc/group", content: "root:x:0:\n" },
    { path: "etc/os-release", content: 'NAME="stand-in for K3s"\nID=k3s\n' },
    { path: "etc/ssl/openssl.cnf", content: "[req]\ndistinguished_name=dn\n[dn]\n" },
  ];
}

/** The shared libraries a program asks for; none of a static one. */
async function librariesOf(path: string): Promise<string[]> {
  const { stdout } = await run("ldd", [path]);
  return [...stdout.matchAll(/(\/\S+) \(0x/g)].flatMap(([, library]) => library ?? []);
}
