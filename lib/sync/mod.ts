/**
 * Sync: many images kept in step with where they come from, as a file says.
 *
 * ```yaml
 * sync:
 *   - image: nginx:1.27
 *     to: mirror.example/nginx:1.27
 *   - repository: registry.example/app
 *     to: mirror.example/app
 *     tags: { semver: ">=1.2 <3", latest: 5 }
 *     referrers: true
 * ```
 *
 * @example
 * ```ts
 * import { parseSync } from "@davit/davit/sync";
 *
 * const { sync } = await parseSync("sync: [{ image: nginx, to: 'oci:mirror:nginx' }]");
 * console.assert(sync.length === 1);
 * ```
 *
 * @module
 */

export { parseSync, syncJsonSchema } from "./parse_sync.ts";
export { runSync, type RunSyncOptions, type SyncReport, type SyncResult } from "./run_sync.ts";
export type * from "./sync_spec.ts";
