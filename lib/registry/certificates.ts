import { CredentialError, NotFoundError } from "../errors.ts";
import { systemReason } from "../layer/file_failure.ts";
import type { ConfigEnvironment } from "./docker_config_files.ts";

/** Whom to trust at one host, and who we are there. */
export interface HostTrust {
  /** Certificates of authorities, in PEM. */
  readonly authorities: readonly string[];
  /** What proves who is asking, where the server wants to know by TLS. */
  readonly identity?: HostIdentity;
}

/** A certificate and its key, in PEM. */
export interface HostIdentity {
  /** The certificate, with its chain. */
  readonly cert: string;
  /** Its key: a secret. */
  readonly key: string;
}

/** Finds whom to trust at a host. */
export type HostCertificates = (host: string) => Promise<HostTrust>;

const SYSTEM = ["/etc/docker/certs.d", "/etc/containers/certs.d"];

/**
 * The certificates that docker and podman use for a host: in `HOST[:PORT]` of
 * `/etc/docker/certs.d`, `/etc/containers/certs.d`, `~/.docker/certs.d` and
 * `~/.config/containers/certs.d` the authorities of `*.crt`, and the first `NAME.cert` with its
 * `NAME.key` as our own. They are read when a host is first spoken to.
 *
 * @example
 * ```ts
 * import { dockerCertificates, Transport } from "@davit/davit/registry";
 *
 * using _ = new Transport({ hostCertificates: dockerCertificates({ home: "/home/me" }) });
 * ```
 */
export function dockerCertificates(environment: ConfigEnvironment = {}): HostCertificates {
  const { env = () => undefined, home = env("HOME") ?? env("USERPROFILE") } = environment;
  const own = home ? [`${home}/.docker/certs.d`, `${home}/.config/containers/certs.d`] : [];
  return async (host) => {
    const names = /:[0-9]+$/.test(host) ? [host] : [host, `${host}:443`];
    const directories = [...SYSTEM, ...own]
      .flatMap((directory) => names.map((name) => `${directory}/${name}`));
    const found = await Promise.all(directories.map(readDirectory));
    const identity = found.map((trust) => trust.identity).find(Boolean);
    return {
      authorities: found.flatMap(({ authorities }) => authorities),
      ...(identity === undefined ? {} : { identity }),
    };
  };
}

/**
 * Reads the certificates of authorities from a file.
 *
 * @throws {NotFoundError} When there is no such file.
 * @throws {CredentialError} When it cannot be read, or holds no certificate in PEM.
 * @example
 * ```ts
 * import { readCertificates, Transport } from "@davit/davit/registry";
 *
 * async function trusting(path: string): Promise<Transport> {
 *   return new Transport({ caCertificates: [await readCertificates(path)] });
 * }
 * console.assert(trusting.length === 1);
 * ```
 */
export async function readCertificates(path: string): Promise<string> {
  const text = await Deno.readTextFile(path).catch((cause) => {
    if (cause instanceof Deno.errors.NotFound) throw new NotFoundError("certificates", path);
    throw new CredentialError(`Cannot read the certificates "${path}": ${systemReason(cause)}`, {
      cause,
    });
  });
  if (text.includes("-----BEGIN CERTIFICATE-----")) return text;
  throw new CredentialError(`Cannot read "${path}": expected certificates in PEM`);
}

/** A directory that is not there, or not for us to see, has none. */
async function readDirectory(path: string): Promise<HostTrust> {
  const names = (await Array.fromAsync(Deno.readDir(path), ({ name }) => name).catch(() => []))
    .sort();
  const certificates = names.filter((name) => name.endsWith(".crt"));
  const authorities = await Promise.all(
    certificates.map((name) => readCertificates(`${path}/${name}`)),
  );
  const own = names.find((name) => name.endsWith(".cert"));
  if (own === undefined) return { authorities };
  const cert = await readCertificates(`${path}/${own}`);
  const keyPath = `${path}/${own.replace(/cert$/, "key")}`;
  const key = await Deno.readTextFile(keyPath).catch((cause) => {
    throw new CredentialError(
      `Cannot read the key "${keyPath}" of "${own}": ${systemReason(cause)}`,
      {
        cause,
      },
    );
  });
  return { authorities, identity: { cert, key } };
}
