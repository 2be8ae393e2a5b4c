/**
 * The embedded registry: the OCI distribution specification in this process, over memory or a
 * directory. docker, skopeo, crane, containerd and davit push to it and pull from it.
 *
 * It signs users in, by password or for tokens, caches other registries, keeps within quotas, collects
 * its garbage and misbehaves on demand, as {@linkcode CreateRegistryOptions} say.
 *
 * `serveRegistry` listens; `createRegistry` is the same as a function from request to answer. What
 * it keeps is behind the port `Repositories`, of which there are two: `memoryRepositories` and
 * `diskRepositories`.
 *
 * @example
 * ```ts
 * import { serveRegistry } from "@davit/davit/server";
 *
 * await using server = await serveRegistry();
 * const answer = await fetch(`${server.url}/v2/`);
 * console.assert(answer.headers.get("docker-distribution-api-version") === "registry/2.0");
 * await answer.body?.cancel();
 * ```
 *
 * @module
 */
export type { AccessRule, Action, Auth } from "./access.ts";
export type { ByteRange } from "./byte_range.ts";
export { createRegistry } from "./create_registry.ts";
export type {
  CollectOptions,
  CreateRegistryOptions,
  RegistryEvent,
  RegistryHandler,
} from "./create_registry.ts";
export { diskRepositories } from "./disk_repositories.ts";
export type { DiskRepositoriesOptions } from "./disk_repositories.ts";
export type { FaultRule } from "./faults.ts";
export { collectGarbage } from "./garbage.ts";
export type { Garbage, GarbageOptions, GarbageReport } from "./garbage.ts";
export { memoryRepositories } from "./memory_repositories.ts";
export type { QuotaOptions } from "./quota.ts";
export type {
  BlobShelf,
  HostedRepository,
  RemoveBlobOptions,
  Repositories,
  RootShelf,
  ShelvedBlob,
  Upload,
  UploadShelf,
  UploadWriter,
} from "./repositories.ts";
export type { TokenOptions } from "./tokens.ts";
export { serveRegistry } from "./serve_registry.ts";
export type { RegistryServer, ServeRegistryOptions } from "./serve_registry.ts";
export type { Upstream, UpstreamRepository } from "./upstream.ts";
