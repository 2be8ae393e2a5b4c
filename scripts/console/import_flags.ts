import type { FlagParametersForType } from "@stricli/core";
import { DEFAULT_CLUSTER, parseClusterName } from "../../lib/k3s/names.ts";
import { JOBS_FLAG } from "./flags.ts";
import type { Context } from "./context.ts";

/** The flags of an import, without those of every command. */
export interface ImportFlags {
  /** The clusters. */
  readonly cluster?: readonly string[];
  /** How many nodes are sent to at once. */
  readonly jobs?: number;
  /** Whether the kubelet's garbage collection is to leave the images alone. */
  readonly pin?: boolean;
  /** How images come to the nodes. */
  readonly via?: "auto" | "stream" | "registry";
  /** k3d's, answered. */
  readonly mode?: "auto" | "direct" | "tools" | "tools-node";
  /** k3d's, answered. */
  readonly keepTarball?: boolean;
  /** k3d's, answered. */
  readonly keepTools?: boolean;
}

const NO_EFFECT = {
  kind: "boolean",
  brief: "Has no effect: there is no tarball and there are no tools to keep",
  optional: true,
  withNegated: false,
} as const;

/** {@linkcode ImportFlags}, for a command's parameters. */
export const IMPORT_FLAGS: FlagParametersForType<ImportFlags, Context> = {
  cluster: {
    kind: "parsed",
    brief: `Cluster to bring them to (${DEFAULT_CLUSTER} unless said)`,
    placeholder: "NAME",
    parse: parseClusterName,
    variadic: true,
    optional: true,
  },
  jobs: { ...JOBS_FLAG, brief: "Nodes to send to at once, at most (8 unless said)" },
  pin: {
    kind: "boolean",
    brief: "Keep the images from the kubelet's garbage collection (yes unless said)",
    optional: true,
  },
  via: {
    kind: "enum",
    brief: "Stream into the nodes, have them pull, or what is faster (unless said)",
    values: ["auto", "stream", "registry"],
    optional: true,
  },
  mode: {
    kind: "enum",
    brief: "Has no effect: --via is how to choose",
    values: ["auto", "direct", "tools", "tools-node"],
    optional: true,
  },
  keepTarball: NO_EFFECT,
  keepTools: NO_EFFECT,
};
