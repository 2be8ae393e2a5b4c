import type {
  FlagParametersForType,
  TypedFlagParameter,
  TypedPositionalParameter,
} from "@stricli/core";
import { DEFAULT_CLUSTER, parseClusterName } from "../../lib/k3s/names.ts";
import {
  type ClusterOutputFlags,
  OUTPUT_FLAGS,
  WAIT_FLAGS,
  type WaitFlags,
} from "./cluster_flags.ts";
import type { Context } from "./context.ts";

/** The flags of a command that is for some clusters, or for all. */
export interface ChosenFlags extends ClusterOutputFlags {
  /** All clusters of the engine. */
  readonly all?: boolean;
}

/** {@linkcode ChosenFlags}, of a command that waits until they are ready. */
export interface AwaitedFlags extends ChosenFlags, WaitFlags {}

/** Any number of things of one kind. */
interface Names {
  readonly kind: "array";
  readonly parameter: TypedPositionalParameter<string, Context>;
  readonly minimum?: number;
}

/** What a command takes that is for some clusters, or for all. */
interface ClusterParameters<Flags extends ChosenFlags> {
  readonly flags: FlagParametersForType<Flags, Context>;
  readonly aliases: { readonly a: "all" };
  readonly positional: Names;
}

/** The flag that stands for all clusters. */
export const ALL_FLAG: TypedFlagParameter<boolean | undefined, Context> = {
  kind: "boolean",
  brief: "All clusters of the engine",
  optional: true,
  withNegated: false,
};

/** The names of clusters, of which there may be none. */
export const CLUSTER_NAMES: Names = {
  kind: "array",
  parameter: {
    brief: `Clusters (${DEFAULT_CLUSTER} unless said)`,
    placeholder: "[NAME]...",
    parse: parseClusterName,
  },
};

/** The parameters of a command that is for some clusters, or for all. */
export const CHOSEN_CLUSTERS: ClusterParameters<ChosenFlags> = {
  flags: {
    all: ALL_FLAG,
    ...OUTPUT_FLAGS,
  },
  aliases: { a: "all" },
  positional: CLUSTER_NAMES,
};

/** {@linkcode CHOSEN_CLUSTERS}, of a command that waits until they are ready. */
export const AWAITED_CLUSTERS: ClusterParameters<AwaitedFlags> = {
  ...CHOSEN_CLUSTERS,
  flags: { ...WAIT_FLAGS, ...CHOSEN_CLUSTERS.flags },
};

/** What a command takes that is for some things by their names. */
interface NameParameters {
  readonly flags: FlagParametersForType<ClusterOutputFlags, Context>;
  readonly positional: Names;
}

/** The parameters of a command that is for some nodes. */
export const CHOSEN_NODES: NameParameters = {
  flags: OUTPUT_FLAGS,
  positional: {
    kind: "array",
    parameter: { brief: "Node", placeholder: "NODE...", parse: String },
    minimum: 1,
  },
};

/** The parameters of a command that is for some registries in containers. */
export const CHOSEN_REGISTRIES: NameParameters = {
  flags: OUTPUT_FLAGS,
  positional: {
    kind: "array",
    parameter: { brief: "Registries", placeholder: "NAME...", parse: String },
    minimum: 1,
  },
};
