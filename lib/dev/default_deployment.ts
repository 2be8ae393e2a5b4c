import type { KubernetesObject } from "../kubernetes/object.ts";
import type { RepositoryName } from "../oci/reference.ts";

/**
 * What runs an image for which nobody wrote a manifest: one replica of it, with the ports that the
 * image says it listens on.
 *
 * @param image Its name in the cluster.
 */
export function defaultDeployment(
  { repository }: RepositoryName,
  image: string,
  ports: readonly string[],
): KubernetesObject {
  const name = deploymentName(repository);
  const labels = { "app.kubernetes.io/name": name };
  const containerPorts = ports.map((port) => {
    const [number = "", protocol = "tcp"] = port.split("/");
    return { containerPort: Number(number), protocol: protocol.toUpperCase() };
  });
  const container = { name, image, ...(ports.length === 0 ? {} : { ports: containerPorts }) };
  const object = {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name, labels: { ...labels, "app.kubernetes.io/managed-by": "davit" } },
    spec: {
      replicas: 1,
      revisionHistoryLimit: 0,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [container] } },
    },
  };
  return object;
}

/** A name that Kubernetes takes, after the last part of a repository. */
function deploymentName(repository: string): string {
  return repository.slice(repository.lastIndexOf("/") + 1).replace(/[^a-z0-9]+/g, "-").slice(0, 53)
    .replace(/^-+|-+$/g, "");
}
