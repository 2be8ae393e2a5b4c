import type { LayerEntry } from "../../lib/layer/layer_entry.ts";
import { findCommand } from "./command.ts";
import { conditionalTest } from "./conditional.ts";
import { type Engine, engineTest } from "./engine.ts";
import { buildImageOnce } from "./program_image.ts";

/** What the stand-in is made of, and where it goes. */
const PROGRAMS = {
  containerd: "bin/containerd",
  "containerd-shim-runc-v2": "bin/containerd-shim-runc-v2",
  ctr: "bin/ctr",
  kubectl: "bin/kubectl",
  openssl: "bin/openssl",
  runc: "usr/sbin/runc",
  socat: "bin/socat",
} as const;
const SCRIPTS = ["k3s", "standin-api", "standin-join"];
const HERE = new URL("./node", import.meta.url).pathname;

/** An engine, and the image that nodes are made of. */
export interface NodeEngine extends Engine {
  /** The image of a node: `DAVIT_TEST_NODE_IMAGE`, or the stand-in. */
  readonly image: string;
  /** Whether it is the stand-in, which fails on demand. */
  readonly isStandIn: boolean;
}

/** What a test of nodes needs besides. */
export interface NodeTestOptions {
  /** Commands that must be there. */
  readonly needs?: readonly string[];
}

/**
 * Registers a test that makes cluster nodes on a real engine. They are of the image that
 * `DAVIT_TEST_NODE_IMAGE` names, such as `rancher/k3s:v1.31.5-k3s1`, or of a stand-in, which is
 * built once an engine.
 */
export function nodeTest(
  name: string,
  fn: (engine: NodeEngine, t: Deno.TestContext) => Promise<void> | void,
  { needs = [] }: NodeTestOptions = {},
): void {
  const chosen = Deno.env.get("DAVIT_TEST_NODE_IMAGE");
  const programs = chosen === undefined ? ["busybox", ...Object.keys(PROGRAMS)] : [];
  const missing = [...programs, ...needs].filter((command) => findCommand(command) === undefined);
  if (missing.length > 0) {
    return conditionalTest(name, `${missing.join(", ")} not installed`, () => {});
  }
  engineTest(name, async (engine, t) => {
    const image = chosen ?? await standInImage(engine);
    await fn({ ...engine, image, isStandIn: chosen === undefined }, t);
  });
}

const standIns = new Map<string, Promise<string>>();

/** The stand-in image, which is built unless the engine has it. */
export function standInImage(engine: Engine): Promise<string> {
  const { host } = engine;
  const known = standIns.get(host) ?? buildStandIn(engine);
  standIns.set(host, known);
  return known;
}

async function buildStandIn(engine: Engine): Promise<string> {
  const scripts = await Promise.all(SCRIPTS.map(async (script): Promise<LayerEntry> => (
    { path: `bin/${script}`, content: await Deno.readTextFile(`${HERE}/${script}`), mode: 0o755 }
  )));
  const directories = ["etc/rancher/k3s", "etc/rancher/node", "root", "run", "proc", "sys", "dev"];
  return await buildImageOnce(engine, {
    repository: "davit-test/node",
    programs: PROGRAMS,
    files: [
      ...scripts,
      ...directories.map((path): LayerEntry => ({ path, type: "directory" })),
      { path: "tmp", type: "directory", mode: 0o1777 },
      { path: "etc/passwd", content: "root:x:0:0:root:/root:/bin/sh\n" },
      { path: "etc/group", content: "root:x:0:\n" },
      { path: "etc/os-release", content: 'NAME="stand-in for K3s"\nID=k3s\n' },
      { path: "etc/ssl/openssl.cnf", content: "[req]\ndistinguished_name=dn\n[dn]\n" },
    ],
    config: {
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
    },
  });
}
