import { runOk } from "../support/command.ts";
import { standInImage } from "../support/node_image.ts";
import { alternate } from "./alternate.ts";
import { DAVIT } from "./davit.ts";
import { type BenchResult, reportResults } from "./result.ts";

const ROUNDS = 5;

/** The same cluster of one server by hand: the same docker commands, one after the other. */
const BY_HAND = `set -e
docker network create --subnet 172.29.254.0/24 $NAME >/dev/null
docker create --name $NAME --hostname $NAME --network $NAME --ip 172.29.254.2 --privileged \\
  --userns host --tmpfs /run --tmpfs /var/run -v $NAME:/var/lib/rancher/k3s \\
  -p 127.0.0.1:0:6443 -e K3S_TOKEN=secret $IMAGE server >/dev/null
docker start $NAME >/dev/null
docker exec $NAME sh -c 'until kubectl get --raw=/readyz; do sleep 0.1; done' >/dev/null 2>&1
until docker exec $NAME kubectl get nodes -o name 2>/dev/null | grep -q .; do sleep 0.1; done`;
const AWAY_BY_HAND = `docker rm -f -v $NAME; docker volume rm $NAME; docker network rm $NAME`;

/** Clusters of stand-in nodes: within their limits in seconds, and against docker by hand. */
export async function benchClusters(): Promise<BenchResult[]> {
  const host = Deno.env.get("DOCKER_HOST") ?? "unix:///var/run/docker.sock";
  const image = await standInImage({ host });
  const kubeconfig = await Deno.makeTempFile();
  const name = `b${crypto.randomUUID().slice(0, 8)}`;
  const env = { DOCKER_HOST: host, KUBECONFIG: kubeconfig, NAME: `hand-${name}`, IMAGE: image };
  const davit = (...args: string[]) =>
    runOk(Deno.execPath(), [...DAVIT, "cluster", ...args], { env });
  const times = await alternate(ROUNDS, {
    davit: () => davit("create", name, "-i", image),
    away: () => davit("delete", name),
    hand: () => runOk("sh", ["-c", BY_HAND], { env }),
    handAway: () => runOk("sh", ["-c", AWAY_BY_HAND], { env }),
    three: () => davit("create", name, "-i", image, "-a", "2"),
    threeAway: () => davit("delete", name),
  });
  await Deno.remove(kubeconfig);
  const within = (what: string, milliseconds: number, limit: number): BenchResult => ({
    name: `davit cluster ${what}, against its limit`,
    ratio: milliseconds / limit,
    limit: 1,
    detail: `${milliseconds.toFixed(0)} ms / ${limit} ms`,
  });
  return [
    within("create, one server", times.davit, 2500),
    within("create, one server and two agents", times.three, 4000),
    within("delete, three nodes", times.threeAway, 1500),
    {
      name: "davit cluster create, against the same docker commands by hand",
      ratio: times.davit / times.hand,
      limit: 1.5, // davit asks the engine first, puts files in, and writes the kubeconfig
      detail: `${times.davit.toFixed(0)} ms / ${times.hand.toFixed(0)} ms`,
    },
  ];
}

if (import.meta.main) reportResults(await benchClusters());
