/**
 * Clusters of k3s nodes in containers, driven by the `docker` command. What a cluster is to be
 * (k3d's config file, or the same as an object) becomes a plan of docker operations, and the plan is
 * applied with a journal: a failure, a deadline or a signal leaves nothing behind. All state is in
 * the labels of containers.
 *
 * @example
 * ```ts
 * import { createCluster } from "@davit/davit/k3s";
 *
 * async function testOnCluster() {
 *   await using cluster = await createCluster({ name: "test", agents: 2 });
 *   await Deno.writeTextFile("kubeconfig.yaml", cluster.kubeconfig);
 *   console.log(await cluster.kubectl("get", "nodes"));
 * } // here the cluster goes
 * console.assert(typeof testOnCluster === "function");
 * ```
 *
 * @module
 */

export * from "./api_address.ts";
export {
  API_PORT,
  type ApiEndpoint,
  arrangeNodes,
  NODE_IMAGE,
  type Surroundings,
} from "./arrange_nodes.ts";
export { Cluster, type ClusterFacts } from "./cluster.ts";
export { ClusterImages, openClusterImages } from "./cluster_images.ts";
export * from "./create_cluster.ts";
export { createNodes, type CreateNodesOptions, planNodes } from "./create_node.ts";
export type { NewNodes } from "./new_nodes.ts";
export { planUpgrade, upgradeCluster, type UpgradeOptions } from "./upgrade_cluster.ts";
export { type ClusterCallOptions, deleteCluster } from "./delete_cluster.ts";
export type { PortChanges } from "./change_ports.ts";
export * from "./edit_ports.ts";
export * from "./apply_cluster.ts";
export { type ClusterInfo, listClusters, type NodeInfo } from "./list_clusters.ts";
export * from "./import_images.ts";
export type { ImportWayOptions } from "./import_way.ts";
export type { ConfirmOptions } from "./node_images.ts";
export type { KnownImage, NamedView } from "./node_load.ts";
export * from "./kubeconfig_files.ts";
export type { LockOptions } from "./kubeconfig_lock.ts";
export { parseClusterName } from "./names.ts";
export type * from "./node.ts";
export * from "./node_calls.ts";
export * from "./node_filter.ts";
export type * from "./operation.ts";
export { parsePortMappings, type PortMapping } from "./port_mapping.ts";
export { readKubeconfig } from "./read_kubeconfig.ts";
export type * from "./spec.ts";
export * from "./split_filters.ts";
export * from "./registries/connect_registry.ts";
export * from "./registries/create_registry.ts";
export { listRegistries, type RegistryInfo } from "./registries/list_registries.ts";
export type { ComposedImage, RegistryProgram } from "./registries/own_image.ts";
export type { RegistryContainer } from "./registries/registry.ts";
export { deleteRegistryContainer, switchRegistry } from "./registries/registry_calls.ts";
export type * from "./registries/registry_spec.ts";
export { startCluster, type StartClusterOptions, stopCluster } from "./start_cluster.ts";
export { parseVolumeMount, type VolumeMount } from "./volume_mount.ts";
export { expandText, type ReadVariable } from "./expand_variables.ts";
export { formatPlan, outlinePlan } from "./format_plan.ts";
export * from "./merge_specs.ts";
export { CONFIG_VERSION, migrateConfig } from "./migrate_config.ts";
export * from "./parse_config.ts";
export * from "./spec_from_environment.ts";
export { CONFIG_TEMPLATE } from "./config_template.ts";
export * from "./migrate_file.ts";
export * from "./snapshots/list_snapshots.ts";
export * from "./snapshots/restore_snapshot.ts";
export * from "./snapshots/save_snapshot.ts";
export type * from "./snapshots/snapshot.ts";
