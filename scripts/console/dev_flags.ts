import type {
  FlagParametersForType,
  TypedFlagParameter,
  TypedPositionalParameters,
} from "@stricli/core";
import { parseDuration } from "../../lib/k3s/duration.ts";
import { DEFAULT_CLUSTER, parseClusterName } from "../../lib/k3s/names.ts";
import type { Context } from "./context.ts";
import { COMMON_FLAGS, type CommonFlags } from "./flags.ts";

/** The flags of commands that run images in a cluster. */
export interface DevFlags extends CommonFlags {
  /** The cluster. */
  readonly cluster?: string;
  /** Files and directories of manifests. */
  readonly filename?: readonly string[];
  /** The namespace of what names none. */
  readonly namespace?: string;
  /** Whether to print what the containers write. */
  readonly follow?: boolean;
  /** How long a rollout may take, in milliseconds. */
  readonly rolloutTimeout?: number;
  /** Whether layers are remembered. */
  readonly cache?: boolean;
}

const ROLLOUT_TIMEOUT: TypedFlagParameter<number | undefined, Context> = {
  kind: "parsed",
  brief: "How long a rollout may take, such as 90s (1m unless said)",
  placeholder: "TIME",
  parse: parseDuration,
  optional: true,
};

/** {@linkcode DevFlags}, for a command's parameters. */
export const DEV_FLAGS: FlagParametersForType<DevFlags, Context> = {
  filename: {
    kind: "parsed",
    brief: "Manifest to apply: a file, or a directory of them",
    placeholder: "FILE",
    parse: String,
    variadic: true,
    optional: true,
  },
  cluster: {
    kind: "parsed",
    brief: `Cluster to run in (${DEFAULT_CLUSTER} unless said)`,
    placeholder: "NAME",
    parse: parseClusterName,
    optional: true,
  },
  namespace: {
    kind: "parsed",
    brief: "Namespace of what names none (default unless said)",
    placeholder: "NAME",
    parse: String,
    optional: true,
  },
  follow: {
    kind: "boolean",
    brief: "Print what the containers write; --no-follow does not",
    optional: true,
  },
  rolloutTimeout: ROLLOUT_TIMEOUT,
  cache: {
    kind: "boolean",
    brief: "Read no layer again whose files have not changed; --no-cache reads all",
    optional: true,
  },
  ...COMMON_FLAGS,
};

/** The short forms of {@linkcode DEV_FLAGS}. */
export const DEV_ALIASES = { f: "filename", c: "cluster", n: "namespace", v: "verbose" } as const;

/** The argument that says what is run. */
export const DEV_SOURCE: TypedPositionalParameters<[string | undefined], Context> = {
  kind: "tuple",
  parameters: [{
    brief: "Build file, or its directory (. unless said)",
    placeholder: "BUILD",
    parse: String,
    optional: true,
  }],
};
