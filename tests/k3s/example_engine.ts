import type { ClusterNode } from "../../lib/k3s/node.ts";
import { arrangeNodes } from "../../lib/k3s/arrange_nodes.ts";
import type { ClusterSpec } from "../../lib/k3s/spec.ts";
import { fakeDocker } from "../docker/fake_docker.ts";
import type { TempDir } from "../support/temp_dir.ts";

const DATA = ["certificate-authority-data", "client-certificate-data", "client-key-data"]
  .map((name) => `    ${name}: QQ==`).join("\\n");

/**
 * An engine that answers whatever it is asked, with two clusters on it: `mycluster` of a server, two
 * agents and a load balancer, and `multiserver` of three servers. New clusters are not there yet.
 */
export async function exampleEngine(dir: TempDir): Promise<string> {
  const clusters = [
    { name: "mycluster", agents: 2, ports: [{ port: "8081:80" }] },
    { name: "multiserver", servers: 3 },
  ];
  const nodes = clusters.flatMap((spec) => arrange(spec).map((node) => ({ spec, node })));
  const lines = nodes.map(({ spec: { name }, node }) =>
    JSON.stringify([
      ...[node.name, "running", name, node.role, "https://127.0.0.1:6550", JSON.stringify(node)],
    ])
  );
  const facts = nodes.map(({ node }) =>
    JSON.stringify({
      Name: `/${node.name}`,
      Ports: {},
      Networks: { network: {} },
      Memory: 0,
      NanoCpus: 0,
    })
  );
  await Promise.all([
    Deno.writeTextFile(dir.join("ps"), `${lines.join("\n")}\n`),
    Deno.writeTextFile(dir.join("facts"), `${facts.join("\n")}\n`),
    Deno.writeTextFile(dir.join("k3s.yaml"), DATA.replaceAll("\\n", "\n")),
    Deno.writeTextFile(dir.join("info"), JSON.stringify(INFO)),
  ]);
  return await fakeDocker(
    dir,
    `case "$*" in
  "info "*SystemTime*) echo 2026-01-01T00:00:00Z ;;
  "info "*) cat ${dir.join("info")} ;;
  "ps "*davit.cluster=mycluster*davit.node* | "ps "*davit.cluster=multiserver*davit.node*)
    case "$*" in *=mycluster*) grep '"mycluster"' ${dir.join("ps")} ;; *) grep '"multiserver"' ${
      dir.join("ps")
    } ;; esac ;;
  "ps "*davit.registry*) ;;
  "ps "*davit.node*) cat ${dir.join("ps")} ;;
  "inspect "*NanoCpus*) cat ${dir.join("facts")} ;;
  "inspect "*StartedAt*) shift 3; for _ in "$@"; do echo 2020-01-01T00:00:00Z; done ;;
  "network inspect"*Subnet*) printf 'null\\n172.18.0.0/16\\n' ;;
  "network inspect"*) echo '[]' ;;
  "context inspect"*) echo unix:///var/run/docker.sock ;;
  "events "*) exec sleep 600 ;;
  "logs "*) echo start worker processes ;;
  "exec "*) printf 'davit: ready\\n${DATA}\\n' ;;
  "cp "*k3s.yaml*) tar c -C ${dir.path} k3s.yaml ;;
  "image inspect"*localhost/davit-registry*) echo '[]' ;;
  "image inspect"*myapp* | "create "* | "pull "* | "save "*) echo "an example only" >&2; exit 1 ;;
  "cp -"*) cat >/dev/null ;;
esac`,
  );
}

const INFO = { ServerVersion: "24.0.7", SystemTime: "2026-01-01T00:00:00Z", CgroupVersion: "2" };

function arrange(spec: ClusterSpec): readonly ClusterNode[] {
  const addresses = ["172.18.0.2", "172.18.0.3", "172.18.0.4", "172.18.0.5"];
  return arrangeNodes(spec, {
    addresses,
    api: { host: "127.0.0.1", hostIp: "127.0.0.1", port: 6550 },
  });
}
