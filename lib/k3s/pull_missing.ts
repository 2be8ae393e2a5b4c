import type { DockerCli } from "../docker/cli.ts";
import type { CallOptions } from "../layer/content_source.ts";
import { isOwnBalancer } from "./balancer/own_balancer.ts";
import { ownBalancerImage } from "./balancer/own_image.ts";
import { loadImage } from "./registries/registry_operations.ts";
import type { Operation } from "./operation.ts";

/**
 * The operation that brings an image to the engine, if it lacks it.
 *
 * @throws {DockerError} When Docker fails.
 */
export async function pullMissing(
  cli: DockerCli,
  image: string,
  options: CallOptions = {},
): Promise<readonly Operation[]> {
  const act = `look for image "${image}"`;
  const args = ["image", "inspect", "--format", "{{.Id}}", image];
  const found = await cli.runForSome(args, { ...options, act });
  if (found.trim() !== "") return [];
  if (isOwnBalancer(image)) return [loadImage(await ownBalancerImage())];
  return [{ act: `pull image "${image}"`, args: ["pull", "--quiet", image] }];
}
