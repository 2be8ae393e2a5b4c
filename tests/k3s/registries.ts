import { NotFoundError } from "../../lib/errors.ts";
import { createRegistryContainer } from "../../lib/k3s/registries/create_registry.ts";
import type { RegistryContainer } from "../../lib/k3s/registries/registry.ts";
import { deleteRegistryContainer } from "../../lib/k3s/registries/registry_calls.ts";
import type { RegistrySpec } from "../../lib/k3s/registries/registry_spec.ts";
import { parseReference } from "../../lib/oci/reference.ts";
import { Repository } from "../../lib/registry/repository.ts";
import { Transport } from "../../lib/registry/transport.ts";
import { copy } from "../../lib/store/copy.ts";
import { runOk } from "../support/command.ts";
import { makeImage } from "../support/images.ts";
import type { NodeEngine } from "../support/node_image.ts";
import { inNode, uniqueName } from "./cluster.ts";

/** Where containerd looks for other places for images. */
export const CERTS = "/var/lib/rancher/k3s/agent/etc/containerd/certs.d";

/** A registry under a name of its own; it goes with its scope. */
export async function makeRegistry(
  engine: NodeEngine,
  spec: RegistrySpec = {},
): Promise<RegistryContainer & AsyncDisposable> {
  const docker = { env: { DOCKER_HOST: engine.host } };
  const registry = await createRegistryContainer({ name: uniqueName(), ...spec }, { docker });
  return { ...registry, ...cleanUpRegistry(registry.name, engine) };
}

/** Deletes a registry, if it is there, at the end of a scope. */
export function cleanUpRegistry(name: string, { host }: NodeEngine): AsyncDisposable {
  const docker = { env: { DOCKER_HOST: host } };
  return {
    async [Symbol.asyncDispose]() {
      await deleteRegistryContainer(name, { docker }).catch((error) => {
        if (!(error instanceof NotFoundError)) throw error;
      });
    },
  };
}

/** Pushes an image of a few bytes and returns its digest. */
export async function push(name: string, text: string): Promise<string> {
  using transport = new Transport();
  const reference = parseReference(name);
  const image = makeImage([[{ path: "text", content: text }]]);
  const { digest } = await copy(image, new Repository(reference, { transport }), { names: ["v1"] });
  return digest;
}

/** The address of the host in the default bridge, at which containers reach it. */
export async function hostAddress(): Promise<string> {
  const { stdout } = await runOk("docker", ["network", "inspect", "bridge"]);
  return JSON.parse(stdout)[0].IPAM.Config[0].Gateway ?? "172.17.0.1";
}

/** Pulls in a node, by the same files that the kubelet's pulls go by, and returns the digest. */
export async function pullIn(node: string, image: string): Promise<string> {
  await inNode(node, "ctr", "images", "pull", "--hosts-dir", CERTS, image);
  const listed = await inNode(node, "ctr", "images", "ls", `name==${image}`);
  return /sha256:[0-9a-f]{64}/.exec(listed)?.[0] ?? listed;
}
