import { runOk } from "../support/command.ts";
import { kubernetesImage } from "../support/kubernetes_image.ts";
import { alternate } from "./alternate.ts";
import { DAVIT } from "./davit.ts";
import { type BenchResult, reportResults } from "./result.ts";

const ROUNDS = 3;
/** What davit may take beyond the node's own time. */
const ALLOWANCE_MILLISECONDS = 1000;

/** The node by itself: one `docker run`, and asking it whether it is Ready. */
const ALONE = `set -e
docker run --detach --name $NAME --hostname $NAME --privileged --userns host --tmpfs /run \\
  --tmpfs /var/run --publish 127.0.0.1:0:6443 --env K3S_TOKEN=secret $IMAGE server >/dev/null
docker exec $NAME sh -c 'until kubectl get nodes 2>/dev/null | grep -q " Ready "; do sleep 0.1; done'`;
const ALONE_AWAY = "docker rm --force --volumes $NAME >/dev/null";

/** A cluster of one node with real Kubernetes, against that node's own time until it is Ready. */
export async function benchKubernetes(): Promise<BenchResult[]> {
  const host = Deno.env.get("DOCKER_HOST") ?? "unix:///var/run/docker.sock";
  const image = Deno.env.get("DAVIT_TEST_NODE_IMAGE") ?? await kubernetesImage({ host });
  const kubeconfig = await Deno.makeTempFile();
  const name = `b${crypto.randomUUID().slice(0, 8)}`;
  const env = { DOCKER_HOST: host, KUBECONFIG: kubeconfig, NAME: `alone-${name}`, IMAGE: image };
  const davit = (...args: string[]) =>
    runOk(Deno.execPath(), [...DAVIT, "cluster", ...args], { env });
  const times = await alternate(ROUNDS, {
    davit: () => davit("create", name, "--image", image),
    davitAway: () => davit("delete", name),
    alone: () => runOk("sh", ["-c", ALONE], { env }),
    aloneAway: () => runOk("sh", ["-c", ALONE_AWAY], { env }),
  });
  await Deno.remove(kubeconfig);
  return [{
    name: "davit cluster create on real Kubernetes, beyond the node's own time to Ready",
    ratio: (times.davit - times.alone) / ALLOWANCE_MILLISECONDS,
    limit: 1,
    detail: `(${times.davit.toFixed(0)} ms - ${times.alone.toFixed(0)} ms) / ` +
      `${ALLOWANCE_MILLISECONDS} ms`,
  }];
}

if (import.meta.main) reportResults(await benchKubernetes());
