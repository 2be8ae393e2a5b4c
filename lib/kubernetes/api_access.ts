import { YamlFile } from "../yaml/yaml_file.ts";
import { SpecError } from "../errors.ts";

/** Where the API of a cluster is, and who we are there. */
export interface ApiAccess {
  /** Its URL: `https://127.0.0.1:6550`. */
  readonly server: string;
  /** The certificate of its authority, in PEM. */
  readonly authority?: string;
  /** Our certificate, in PEM. */
  readonly certificate?: string;
  /** The key of our certificate: a secret. */
  readonly key?: string;
  /** What proves who we are instead: a secret. */
  readonly token?: string;
}

/** A kubeconfig, as far as it is of interest. */
interface Kubeconfig {
  readonly "current-context"?: string;
  readonly contexts?: readonly Named<{ context: { cluster: string; user: string } }>[];
  readonly clusters?: readonly Named<{ cluster: Readonly<Record<string, string>> }>[];
  readonly users?: readonly Named<{ user: Readonly<Record<string, string>> }>[];
}

type Named<T> = T & { readonly name: string };

/**
 * Reads the current context of a kubeconfig. What it takes stands in the file itself, as in those of
 * k3s: files and programs that it may name are not looked at.
 *
 * @param path How messages name it.
 * @throws {SpecError} When it is no kubeconfig, or has no current context.
 * @example
 * ```ts
 * import { parseApiAccess } from "@davit/davit/kubernetes";
 *
 * const { server } = await parseApiAccess(`
 * current-context: dev
 * contexts: [{ name: dev, context: { cluster: dev, user: me } }]
 * clusters: [{ name: dev, cluster: { server: "https://127.0.0.1:6550" } }]
 * users: [{ name: me, user: { token: secret } }]
 * `);
 * console.assert(server === "https://127.0.0.1:6550");
 * ```
 */
export async function parseApiAccess(text: string, path = "kubeconfig"): Promise<ApiAccess> {
  const { value } = await YamlFile.parse(text, path);
  const config = (value ?? {}) as Kubeconfig;
  const context = named(config.contexts, config["current-context"])?.context;
  const cluster = named(config.clusters, context?.cluster)?.cluster;
  const server = cluster?.["server"];
  if (cluster === undefined || server === undefined) {
    throw new SpecError(`Cannot use ${path}: expected a current context with a server, got none`);
  }
  const user = named(config.users, context?.user)?.user ?? {};
  return {
    server,
    ...decoded("authority", cluster["certificate-authority-data"]),
    ...decoded("certificate", user["client-certificate-data"]),
    ...decoded("key", user["client-key-data"]),
    ...(user["token"] === undefined ? {} : { token: user["token"] }),
  };
}

function named<T>(list: readonly Named<T>[] | undefined, name: string | undefined): T | undefined {
  return list?.find((item) => item.name === name);
}

function decoded<Name extends string>(name: Name, data: string | undefined) {
  return (data === undefined ? {} : { [name]: atob(data) }) as { readonly [K in Name]?: string };
}
