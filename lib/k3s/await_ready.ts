import type { CallOptions } from "../layer/content_source.ts";
import type { DockerCli } from "../docker/cli.ts";
import { ClusterError, DockerError } from "../errors.ts";
import type { WaitStep } from "./operation.ts";
import { API_PORT } from "./arrange_nodes.ts";
import { HOST_NAMES } from "./names.ts";
import { pause } from "./pause.ts";
import { KUBECONFIG_PATH } from "./read_kubeconfig.ts";

/**
 * Makes pods know the host by the names that nodes know it by, at the address that the engine wrote
 * into the node: it may be another one after a restart.
 */
const HOSTS = String.raw`
ip=$(sed -n 's/[[:space:]]${HOST_NAMES[0]}$//p' /etc/hosts | head -n 1)
dir=/var/lib/rancher/k3s/server/manifests
if [ -n "$ip" ] && [ -d "$dir" ] && ! grep -qs "^ *$ip " "$dir/davit-hosts.yaml"; then
  cat >"$dir/davit-hosts.yaml" <<YAML
apiVersion: v1
kind: ConfigMap
metadata:
  name: coredns-custom
  namespace: kube-system
data:
  davit.server: |
    ${HOST_NAMES.map((name) => `${name}:53`).join(" ")} {
      hosts {
        $ip ${HOST_NAMES.join(" ")}
      }
    }
YAML
fi`;

/** How a server is asked which nodes are Ready: a line `NAME True TIME` each, with when it said so. */
const READY_NODES = `kubectl get nodes -o 'jsonpath={range .items[*]}{.metadata.name} ` +
  `{.status.conditions[?(@.type=="Ready")].status} ` +
  `{.status.conditions[?(@.type=="Ready")].lastHeartbeatTime}{"\\n"}{end}' 2>/dev/null`;

/** How a server is asked for deployments of the system that are not available: a line each. */
const UNAVAILABLE = `kubectl -n kube-system get deployments -o 'jsonpath={range .items[*]}` +
  `{.metadata.name} {.spec.replicas} {.status.availableReplicas}{"\\n"}{end}' 2>/dev/null`;

/** When nodes were started of which Kubernetes must have heard since. */
type Starts = Readonly<Record<string, string>>;

/** What is printed before the kubeconfig, once all is ready. */
const MARK = "davit: ready";

/**
 * Waits until nodes are ready, by one `docker exec` that does the asking.
 *
 * @param server The server that is asked.
 * @returns The kubeconfig as k3s wrote it.
 * @throws {DockerError} When the server ends.
 */
export async function awaitReady(
  cli: DockerCli,
  server: string,
  step: Omit<WaitStep, "kind">,
  options: CallOptions = {},
): Promise<string> {
  for (;;) {
    try {
      const { fresh = [] } = step;
      const since = fresh.length === 0 ? {} : await startsOf(cli, fresh, options);
      const args = ["exec", server, "sh", "-c", script(step, since)];
      const output = await cli.run(args, {
        ...options,
        act: `ask "${server}" whether it is ready`,
      });
      const [, kubeconfig] = output.split(`${MARK}\n`);
      if (kubeconfig !== undefined) return kubeconfig;
      throw new ClusterError(
        `Cannot read the kubeconfig of "${server}": expected one, got "${output}"`,
      );
    } catch (error) {
      if (!(error instanceof DockerError)) throw error;
      await pause(options.signal); // the engine starts it again, or whoever watches the nodes ends us
    }
  }
}

/** When containers were started, to the second, as Kubernetes writes it. */
async function startsOf(
  cli: DockerCli,
  nodes: readonly string[],
  options: CallOptions,
): Promise<Starts> {
  const act = "ask when nodes were started";
  const args = ["inspect", "--format", "{{.State.StartedAt}}", ...nodes];
  const times = (await cli.run(args, { ...options, act })).split("\n");
  const length = "2000-01-01T00:00:00".length;
  return Object.fromEntries(nodes.map((name, at) => [name, `${times[at]?.slice(0, length)}Z`]));
}

function script({ level, nodes, balancer }: Omit<WaitStep, "kind">, since: Starts): string {
  return [
    waitForApi(),
    ...(balancer === undefined ? [] : [waitForApi(`https://${balancer}:${API_PORT}`)]),
    HOSTS,
    ...(level === "api" ? [] : [waitForNodes(nodes, since)]),
    ...(level === "system" ? [WAIT_FOR_SYSTEM] : []),
    `echo '${MARK}'; cat ${KUBECONFIG_PATH}`,
  ].join("\n");
}

/** Asks until the API answers. Everything is asked from inside, so it works on any engine. */
function waitForApi(server?: string): string {
  const through = server === undefined ? "" : ` --server=${server}`;
  return `until kubectl get --raw=/readyz${through} >/dev/null 2>&1; do sleep 0.1; done`;
}

/** What Kubernetes knows of a node that was stopped is true for a while: it must have been heard of. */
function waitForNodes(nodes: readonly string[], since: Starts): string {
  const checks = nodes.map((name) => `heard ${name} "${since[name] ?? ""}"`);
  return `heard() {
  at=$(echo "$ready" | sed -n "s/^$1 True/at/p")
  [ -n "$at" ] && [ ! "$at" \\< "at $2" ]
}
while :; do ready=$(${READY_NODES}); ${checks.join(" && ")} && break; sleep 0.1; done`;
}

/** The system's deployments come a while after the API: without any, it is too early to ask. */
const WAIT_FOR_SYSTEM = `while :; do
  all=$(${UNAVAILABLE})
  [ -n "$all" ] && ! echo "$all" | grep -qv ' \\([0-9]*\\) \\1$' && break
  sleep 0.2
done`;
