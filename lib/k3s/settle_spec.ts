import { SpecError } from "../errors.ts";
import { ownBalancerImage } from "./balancer/own_image.ts";
import { DEFAULT_CLUSTER, parseClusterName } from "./names.ts";
import { parseNodeImage } from "./node_image.ts";
import type { ClusterSpec } from "./spec.ts";

/**
 * A spec with its name checked and its image spelled out.
 *
 * @throws {SyntaxError} For a name that no cluster can have.
 * @throws {SpecError} For an image or a network that no cluster can have.
 */
export function settleSpec(spec: ClusterSpec): ClusterSpec & { readonly name: string } {
  const { name = DEFAULT_CLUSTER, image, network } = spec;
  if (network === "host" || network === "none") {
    throw new SpecError(
      `Cannot put cluster "${name}" into network "${network}": nodes would share the ports of the ` +
        "host, or have none; expected a network of its own (leave --network out), or a user's",
    );
  }
  return {
    ...spec,
    name: parseClusterName(name),
    ...(image === undefined ? {} : { image: parseNodeImage(image) }),
  };
}

/**
 * The image of a load balancer that a user means: `davit` is the one that davit composes itself.
 *
 * @throws {UnsupportedError} Where it cannot be composed.
 */
export async function settleBalancerImage(image: string): Promise<string> {
  return image === "davit" ? (await ownBalancerImage()).name : image;
}

/**
 * A spec with the image of its load balancer spelled out, too.
 *
 * @throws {UnsupportedError} Where davit's own is wanted, and cannot be composed.
 */
export async function settleBalancer<T extends ClusterSpec>(spec: T): Promise<T> {
  const { options = {} } = spec;
  const { davit: { loadbalancerImage } = {} } = options;
  if (loadbalancerImage === undefined) return spec;
  const davit = {
    ...options.davit,
    loadbalancerImage: await settleBalancerImage(loadbalancerImage),
  };
  return { ...spec, options: { ...options, davit } };
}
