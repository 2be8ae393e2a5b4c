/**
 * Mirrors: reading images from where they are near, and from the registry itself in the end, by
 * rules such as podman's `registries.conf` has them.
 *
 * @example
 * ```ts
 * import { MirroredRepository, RegistryRules } from "@davit/davit/mirrors";
 * import { Transport } from "@davit/davit/registry";
 *
 * using transport = new Transport();
 * const rules = new RegistryRules([
 *   { prefix: "docker.io", mirrors: [{ location: "mirror.example" }] },
 * ]);
 * const name = { registry: "index.docker.io", repository: "library/nginx" };
 * const nginx = new MirroredRepository(name, { rules, transport });
 * console.assert(nginx.label === "index.docker.io/library/nginx");
 * ```
 *
 * @module
 */

export { MirroredRepository, type MirroredRepositoryOptions } from "./mirrored_repository.ts";
export { parseRegistries } from "./parse_registries.ts";
export { type MirrorRule, type RegistryRule, RegistryRules } from "./registry_rules.ts";
