import type { CallOptions } from "../layer/content_source.ts";
import type { Credentials } from "./keychain.ts";
import { Registry } from "./registry.ts";
import { Transport, type TransportOptions } from "./transport.ts";

/** Options of {@linkcode checkCredentials}. */
export interface CheckCredentialsOptions extends CallOptions, Omit<TransportOptions, "keychain"> {}

/**
 * Asks a registry whether it takes credentials.
 *
 * @param registry `host[:port]`.
 * @returns Whether it wanted any: one that lets everybody in says nothing about them.
 * @throws {UnauthorizedError} When it refuses them.
 * @example
 * ```ts
 * import { checkCredentials } from "@davit/davit/registry";
 *
 * await using server = Deno.serve(
 *   { port: 0, hostname: "127.0.0.1", onListen() {} },
 *   () => new Response(),
 * );
 * const registry = `127.0.0.1:${server.addr.port}`;
 * console.assert(await checkCredentials(registry, { username: "me", password: "x" }) === false);
 * ```
 */
export async function checkCredentials(
  registry: string,
  credentials: Credentials,
  options: CheckCredentialsOptions = {},
): Promise<boolean> {
  let wanted = false;
  using transport = new Transport({
    ...options,
    keychain: {
      credentials() {
        wanted = true;
        return Promise.resolve(credentials);
      },
    },
  });
  await new Registry(registry, { transport }).ping(options);
  return wanted;
}
