import { present } from "../../lib/oci/present.ts";
import type { CollectOptions } from "../../lib/server/create_registry.ts";
import type { ServeRegistryOptions } from "../../lib/server/serve_registry.ts";
import { UsageError } from "./exit_code.ts";
import { readTextFile } from "./read_text_file.ts";

/** The flags that say what a registry does, and for whom. */
export interface ServeFlags {
  readonly disk?: string;
  readonly readOnly?: boolean;
  readonly sparse?: boolean;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly htpasswd?: string;
  readonly access?: string;
  readonly tokens?: boolean;
  readonly url?: string;
  readonly fault?: string;
  readonly quota?: number;
  readonly repositoryQuota?: number;
  readonly gc?: number;
  readonly gcDelay?: number;
  readonly gcUntagged?: boolean;
  readonly cacheFor?: number;
  readonly upstream?: readonly string[];
}

/** Where a registry tells what it did. */
export interface ServeLogs {
  /** Hears of requests. */
  readonly log?: RegistryLog;
  /** Hears of garbage. */
  readonly garbage?: NonNullable<CollectOptions["log"]>;
}

type RegistryLog = NonNullable<ServeRegistryOptions["log"]>;

const NANOSECONDS_PER_MS = 1e6;
/** In nanoseconds, as flags have it. */
const HOUR = 3600e9;

/** Reads the flags, and the files that they name. */
export async function readServeOptions(
  flags: ServeFlags,
  logs: ServeLogs,
): Promise<ServeRegistryOptions> {
  return {
    ...(logs.log === undefined ? {} : { log: logs.log }),
    ...(flags.disk === undefined ? {} : { directory: flags.disk }),
    ...await readTls(flags),
    ...await readAuth(flags),
    ...await readFaults(flags),
    ...garbageOf(flags, logs),
    quota: present({ totalBytes: flags.quota, repositoryBytes: flags.repositoryQuota }),
    readOnly: flags.readOnly === true,
    sparse: flags.sparse === true,
  };
}

async function readTls(
  { tlsCert, tlsKey }: ServeFlags,
): Promise<Pick<ServeRegistryOptions, "tls">> {
  if (tlsCert === undefined && tlsKey === undefined) return {};
  if (tlsCert === undefined || tlsKey === undefined) {
    throw new UsageError("Cannot serve HTTPS: expected both --tls-cert and --tls-key");
  }
  return { tls: { cert: await readTextFile(tlsCert), key: await readTextFile(tlsKey) } };
}

async function readAuth(flags: ServeFlags): Promise<Pick<ServeRegistryOptions, "auth">> {
  const { htpasswd, access, url } = flags;
  const unused = access !== undefined ? "--access" : flags.tokens ? "--tokens" : undefined;
  if (htpasswd === undefined && unused !== undefined) {
    throw new UsageError(`Cannot tell users apart for ${unused}: expected --htpasswd too`);
  }
  if (url !== undefined && !flags.tokens) {
    throw new UsageError("Cannot use --url: expected --tokens, whose address it is");
  }
  if (htpasswd === undefined) return {};
  const { readHtpasswd } = await import("./htpasswd.ts");
  const { readAccessRules } = await import("./access_rules.ts");
  return {
    auth: {
      verify: await readHtpasswd(htpasswd),
      ...(access === undefined ? {} : { rules: await readAccessRules(access) }),
      ...(flags.tokens ? { tokens: present({ url }) } : {}),
    },
  };
}

async function readFaults({ fault }: ServeFlags): Promise<Pick<ServeRegistryOptions, "faults">> {
  if (fault === undefined) return {};
  const { readFaultRules } = await import("../console/fault_rules.ts");
  return { faults: await readFaultRules(fault) };
}

function garbageOf(
  flags: ServeFlags,
  { garbage: log }: ServeLogs,
): Pick<ServeRegistryOptions, "garbage"> {
  const { gcDelay, gcUntagged = false, cacheFor } = flags;
  const gc = flags.gc ?? (cacheFor === undefined ? undefined : Math.min(cacheFor, HOUR));
  if (gc === undefined && (gcDelay !== undefined || gcUntagged)) {
    throw new UsageError("Cannot collect garbage: expected --gc and how often");
  }
  if (cacheFor !== undefined && (flags.upstream ?? []).length === 0) {
    throw new UsageError("Cannot use --cache-for: expected --upstream, whose images are forgotten");
  }
  if (gc === undefined) return {};
  return {
    garbage: {
      everyMs: gc / NANOSECONDS_PER_MS,
      ...present({
        delayMs: gcDelay && gcDelay / NANOSECONDS_PER_MS,
        cachedMs: cacheFor && cacheFor / NANOSECONDS_PER_MS,
        log,
      }),
      untagged: gcUntagged,
    },
  };
}
