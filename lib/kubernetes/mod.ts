/**
 * The API of Kubernetes, as far as images are rolled out through it: objects are applied, workloads
 * given another image, waited for, and their logs followed. Nothing but `fetch` is needed.
 *
 * @example
 * ```ts
 * import { findWorkloads, KubernetesApi, parseApiAccess } from "@davit/davit/kubernetes";
 *
 * async function listWorkloads(kubeconfig: string) {
 *   using api = new KubernetesApi(await parseApiAccess(kubeconfig));
 *   return await findWorkloads(api, (image) => image.startsWith("registry.example/"));
 * }
 * console.assert(listWorkloads.length === 1);
 * ```
 *
 * @module
 */

export { type ApiAccess, parseApiAccess } from "./api_access.ts";
export { KubernetesApi, type SendOptions } from "./api.ts";
export { applyObjects, type ApplyOptions } from "./apply.ts";
export { followLogs, type FollowLogsOptions, type LogLine } from "./follow_logs.ts";
export { followObjects } from "./follow_objects.ts";
export { KubernetesError } from "./kubernetes_error.ts";
export type * from "./object.ts";
export { awaitRollout, awaitTrouble, type RolloutOptions } from "./rollout.ts";
export { RolloutError } from "./rollout_error.ts";
export {
  findWorkloads,
  type FindWorkloadsOptions,
  setImage,
  type Workload,
  type WorkloadKind,
} from "./workload.ts";
