/**
 * Registries, as stores: pull, push, mount, list and delete by the distribution protocol, with all
 * that the real world asks for in between: signing in, redirects, retries, limits.
 *
 * A {@linkcode Transport} is how this process speaks to every registry; it knows credentials, tokens
 * and certificates, and there is one of it. A {@linkcode Repository} is a store like any other: what
 * it gives is verified as it passes, and what is written to it arrives children first.
 *
 * @example
 * ```ts
 * import { Repository, Transport } from "@davit/davit/registry";
 *
 * await using server = Deno.serve(
 *   { port: 0, hostname: "127.0.0.1", onListen() {} },
 *   () => Response.json({ name: "app", tags: ["v1", "v2"] }),
 * );
 * using transport = new Transport();
 * const registry = `127.0.0.1:${server.addr.port}`;
 * const app = new Repository({ registry, repository: "app" }, { transport });
 * console.assert((await Array.fromAsync(app.names())).join() === "v1,v2");
 * ```
 *
 * @module
 */
export {
  dockerCertificates,
  type HostCertificates,
  type HostIdentity,
  type HostTrust,
  readCertificates,
} from "./certificates.ts";
export { copySchema1, type CopySchema1Options } from "./copy_schema1.ts";
export { type ConfigEnvironment } from "./docker_config_files.ts";
export { type Challenge, parseChallenges } from "./challenge.ts";
export { checkCredentials, type CheckCredentialsOptions } from "./check_credentials.ts";
export {
  type HelperAction,
  type HelperResult,
  type RunHelper,
  type RunHelperOptions,
} from "./credential_helper.ts";
export { dockerKeychain, type DockerKeychainOptions } from "./docker_keychain.ts";
export { type DockerLoginOptions, eraseLogin, type Login, storeLogin } from "./docker_login.ts";
export { type Body, type Fetch, type StreamBody } from "./exchange.ts";
export { anonymousKeychain, type Credentials, type Keychain } from "./keychain.ts";
export { type ResolveHost } from "./policy.ts";
export { Registry, type RegistryOptions } from "./registry.ts";
export { Repository, type RepositoryManifest, type RepositoryOptions } from "./repository.ts";
export { Backoff, type Clock, type RetryOptions } from "./retry.ts";
export { type Answer } from "./answer.ts";
export {
  type AuthorizeRequest,
  Transport,
  type TransportOptions,
  type TransportRequest,
} from "./transport.ts";
export { type RegistryWarning } from "./warning.ts";
