import { createOciArchive } from "../../lib/archive/oci_archive.ts";
import type { LayerEntry } from "../../lib/layer/layer_entry.ts";
import { copy } from "../../lib/store/copy.ts";
import { findCommand, runOk } from "./command.ts";
import { conditionalTest } from "./conditional.ts";
import { type Engine, engineTest } from "./engine.ts";
import type { NodeEngine } from "./node_image.ts";
import { type OwnEngine, ownEngineTest } from "./own_engine.ts";
import { podImage } from "./pod_image.ts";
import { buildImageOnce } from "./program_image.ts";
import { tempDir } from "./temp_dir.ts";

/** An image from elsewhere that is to be tested. */
const CHOSEN = Deno.env.get("DAVIT_TEST_NODE_IMAGE");
const HERE = new URL("./kubernetes", import.meta.url).pathname;

/** What Debian has of a node; its shell and small tools are busybox. */
const PROGRAMS: Readonly<Record<string, string>> = {
  conntrack: "bin/conntrack",
  containerd: "bin/containerd",
  "containerd-shim-runc-v2": "bin/containerd-shim-runc-v2",
  ctr: "bin/ctr",
  etcd: "bin/etcd",
  etcdctl: "bin/etcdctl",
  ip: "bin/ip",
  kubectl: "bin/kubectl",
  mount: "bin/mount",
  nsenter: "bin/nsenter",
  openssl: "bin/openssl",
  runc: "usr/sbin/runc",
  socat: "bin/socat",
  umount: "bin/umount",
  "xtables-nft-multi": "sbin/xtables-nft-multi",
};
/** What Debian has not, and `build.sh` makes. */
const BUILT = [
  "kube-apiserver",
  "kube-controller-manager",
  "kube-proxy",
  "kube-scheduler",
  "kubelet",
];
const NETWORK_PLUGINS = "/usr/lib/cni";
const NETWORK_PLUGIN_NAMES = ["bridge", "host-local", "loopback", "portmap"];
const IPTABLES = ["iptables", "ip6tables"]
  .flatMap((name) => [name, `${name}-save`, `${name}-restore`]);

/**
 * Registers a test that needs a real API server and kubelet. The nodes are of the image that
 * `DAVIT_TEST_NODE_IMAGE` names, such as `rancher/k3s:v1.31.5-k3s1`, or of Kubernetes 1.20, which
 * `tests/support/kubernetes/build.sh` builds once a machine.
 *
 * One such test runs at a time, whatever file it is in: a cluster keeps two cores busy.
 */
export function kubernetesTest(
  name: string,
  fn: (engine: NodeEngine, t: Deno.TestContext) => Promise<void> | void,
): void {
  const missing = missingParts();
  if (missing !== undefined) return conditionalTest(name, missing, () => {});
  engineTest(name, async (engine, t) => {
    using _turn = await takeTurn();
    const image = CHOSEN ?? await kubernetesImage(engine);
    await fn({ ...engine, image, isStandIn: false }, t);
  });
}

/** As {@linkcode kubernetesTest}, on an engine that nobody else uses and that may be restarted. */
export function kubernetesEngineTest(
  name: string,
  fn: (engine: NodeEngine & OwnEngine, t: Deno.TestContext) => Promise<void>,
): void {
  const missing = missingParts();
  if (missing !== undefined) return conditionalTest(name, missing, () => {});
  ownEngineTest(name, async (engine, t) => {
    using _turn = await takeTurn();
    const image = await (CHOSEN === undefined ? kubernetesImage(engine) : bring(CHOSEN, engine));
    await fn({ ...engine, image, isStandIn: false }, t);
  });
}

async function takeTurn(): Promise<Disposable> {
  const path = `${Deno.env.get("TMPDIR") ?? "/tmp"}/davit_test_kubernetes.lock`;
  const lock = await Deno.open(path, { create: true, write: true });
  await lock.lock(true);
  return lock;
}

/** Brings an image from the engine of all tests to another, which may not reach a registry. */
async function bring(image: string, { host }: Engine): Promise<string> {
  await runOk("sh", ["-c", `docker save "$IMAGE" | docker --host "$TARGET" load`], {
    env: { IMAGE: image, TARGET: host },
  });
  return image;
}

/** The image of a node with real Kubernetes, which is made unless the engine has it. */
export async function kubernetesImage(engine: Engine): Promise<string> {
  const built = builtFolder();
  const extensions = await extensionsOfIptables();
  return await buildImageOnce(engine, {
    repository: "davit-test/kubernetes",
    programs: {
      ...PROGRAMS,
      ...Object.fromEntries(BUILT.map((name) => [`${built}/${name}`, `bin/${name}`])),
      ...Object.fromEntries(NETWORK_PLUGIN_NAMES.map((name) => [
        `${NETWORK_PLUGINS}/${name}`,
        `usr/lib/cni/${name}`,
      ])),
      ...extensions,
    },
    files: await nodeFiles(),
    config: {
      entrypoint: ["/bin/k3s"],
      cmd: ["agent"],
      env: {
        PATH: "/bin:/sbin:/usr/sbin",
        LD_LIBRARY_PATH: "/lib",
        XTABLES_LIBDIR: "/lib/xtables",
        KUBECONFIG: "/etc/rancher/k3s/k3s.yaml",
        CONTAINERD_ADDRESS: "/run/k3s/containerd/containerd.sock",
        CONTAINERD_NAMESPACE: "k8s.io",
      },
      volumes: ["/var/lib/rancher/k3s", "/var/lib/kubelet", "/var/log"],
    },
  });
}

function missingParts(): string | undefined {
  if (CHOSEN !== undefined) return undefined;
  const programs = ["busybox", ...Object.keys(PROGRAMS), `${NETWORK_PLUGINS}/bridge`];
  const missing = programs.filter((command) => !isThere(command));
  if (missing.length > 0) return `${missing.join(", ")} not installed`;
  return isThere(`${builtFolder()}/kubelet`)
    ? undefined
    : "Kubernetes not built: run tests/support/kubernetes/build.sh";
}

function isThere(command: string): boolean {
  const path = findCommand(command);
  if (path === undefined) return false;
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

/** Where `build.sh` puts what it makes. */
function builtFolder(): string {
  const cache = Deno.env.get("XDG_CACHE_HOME") ?? `${Deno.env.get("HOME")}/.cache`;
  return `${cache}/davit/kubernetes-1.20.2`;
}

async function nodeFiles(): Promise<readonly LayerEntry[]> {
  const directories = ["etc/rancher/k3s", "etc/rancher/node", "root", "run", "proc", "sys", "dev"];
  return [
    { path: "bin/k3s", content: await Deno.readTextFile(`${HERE}/k3s`), mode: 0o755 },
    {
      path: "bin/runc-clamped",
      content: await Deno.readTextFile(new URL("./engine/runc-clamped", import.meta.url)),
      mode: 0o755,
    },
    ...IPTABLES.map((name): LayerEntry => (
      { path: `sbin/${name}`, type: "symlink", linkName: "xtables-nft-multi" }
    )),
    ...directories.map((path): LayerEntry => ({ path, type: "directory" })),
    { path: "tmp", type: "directory", mode: 0o1777 },
    { path: "etc/passwd", content: "root:x:0:0:root:/root:/bin/sh\n" },
    { path: "etc/group", content: "root:x:0:\n" },
    { path: "etc/os-release", content: 'NAME="Kubernetes for tests"\nID=k3s\n' },
    { path: "etc/ssl/openssl.cnf", content: "[req]\ndistinguished_name=dn\n[dn]\n" },
    { path: "images.tar", content: await pauseArchive() },
  ];
}

/** The image that holds the network of a pod, as an archive that a node imports when it starts. */
async function pauseArchive(): Promise<Uint8Array> {
  await using dir = await tempDir();
  await using archive = await createOciArchive(dir.join("images.tar"));
  await copy(await podImage(), archive, { names: ["docker.io/davit-test/pause:1"] });
  await archive.commit();
  return await Deno.readFile(dir.join("images.tar"));
}

/** The modules of iptables, beside which their libraries go. */
async function extensionsOfIptables(): Promise<Readonly<Record<string, string>>> {
  const { stdout } = await runOk("dpkg", ["--listfiles", "iptables"]);
  const modules = stdout.split("\n").filter((path) => /\/lib(?:xt|ipt|ip6t)_[^/]+\.so$/.test(path));
  return Object.fromEntries(modules.map((path) => [path, `lib/xtables/${path.split("/").at(-1)}`]));
}
