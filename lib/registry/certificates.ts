import { CredentialError } from "../errors.ts";
import type { ConfigEnvironment } from "./docker_config_files.ts";

/** Finds the certificates of authorities, in PEM, that are trusted for one host. */
export type HostCertificates = (host: string) => Promise<readonly string[]>;

const SYSTEM = ["/etc/docker/certs.d", "/etc/containers/certs.d"];

/**
 * The certificates that docker and podman trust for a host: the files `HOST[:PORT]/*.crt` in
 * `/etc/docker/certs.d`, `/etc/containers/certs.d`, `~/.docker/certs.d` and
 * `~/.config/containers/certs.d`. They are read when a host is first spoken to.
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
    return (await Promise.all(directories.map(readDirectory))).flat();
  };
}

/**
 * Reads the certificates of authorities from a file.
 *
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
    throw new CredentialError(`Cannot read the certificates "${path}": ${cause.message}`, {
      cause,
    });
  });
  if (text.includes("-----BEGIN CERTIFICATE-----")) return text;
  throw new CredentialError(`Cannot read "${path}": expected certificates in PEM`);
}

/** A directory that is not there, or not for us to see, has none. */
async function readDirectory(path: string): Promise<readonly string[]> {
  const names = await Array.fromAsync(Deno.readDir(path), ({ name }) => name).catch(() => []);
  const certificates = names.filter((name) => name.endsWith(".crt")).sort();
  return await Promise.all(certificates.map((name) => readCertificates(`${path}/${name}`)));
}
