import { parseArgs } from "node:util";
import { parseRepository } from "../../oci/reference.ts";
import { dockerKeychain } from "../../registry/docker_keychain.ts";
import { Repository } from "../../registry/repository.ts";
import { Transport } from "../../registry/transport.ts";
import { serveRegistry } from "../../server/serve_registry.ts";
import type { Upstream } from "../../server/upstream.ts";

/** What stands in front of a registry that may be spoken to without TLS. */
const PLAIN = "http://";

/** Clients wait for what another registry has, and have other places to ask. */
const PATIENCE = { retry: { attempts: 2 }, responseTimeoutMs: 20_000 };

/**
 * Serves a registry in a container until it is told to end, in those words of `davit registry serve`
 * that containers use: `--address HOST:PORT`, `--disk DIR`, `--upstream HOST`, `--fallback HOST`.
 *
 * @param say Hears where it listens.
 * @throws {TypeError} For other words.
 * @throws {NetworkError} When the address cannot be had.
 */
export async function serveWords(
  words: readonly string[],
  signal: AbortSignal,
  say: (text: string) => void,
): Promise<void> {
  const { values } = parseArgs({
    args: [...words],
    options: {
      address: { type: "string", default: "0.0.0.0:5000" },
      disk: { type: "string", default: "/var/lib/registry" },
      upstream: { type: "string", multiple: true, default: [] },
      fallback: { type: "string" },
    },
  });
  const { address, disk, upstream, fallback } = values;
  const [, hostname = "", port = ""] = /^(.*):(\d+)$/.exec(address) ?? [];
  using transport = new Transport({
    keychain: dockerKeychain({ env: (name) => Deno.env.get(name) }),
    ...PATIENCE,
    insecure: (registry) => upstream.includes(`${PLAIN}${registry}`),
  });
  const registries = upstream.map((name) => name.replace(PLAIN, ""));
  const upstreams = registries.map((registry): Upstream => ({
    registry,
    fallback: registry === fallback?.replace(PLAIN, ""),
    open: (path) => new Repository(parseRepository(`${registry}/${path}`), { transport }),
  }));
  await using server = await serveRegistry({
    ...{ hostname, port: Number(port), directory: disk, upstreams, signal },
  });
  say(`serving on ${server.address}`);
  await server.finished;
}
