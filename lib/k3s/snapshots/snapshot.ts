import type { Measurement } from "../../stream/measure.ts";
import type { ClusterNode } from "../node.ts";

/** A part of a node: a compressed tar in the directory of the snapshot. */
export interface SnapshotPart extends Measurement {
  /** The file in the directory of the snapshot. */
  readonly file: string;
  /** The directory of the node that it is unpacked in. */
  readonly parent: string;
}

/** A node of a snapshot. */
export interface SnapshotNode {
  /** How the node was made. */
  readonly node: ClusterNode;
  /** What it holds: its files, then its volumes. */
  readonly parts: readonly SnapshotPart[];
}

/** The network that the nodes of a snapshot were in. */
export interface SnapshotNetwork {
  /** Its name. */
  readonly name: string;
  /** Whether it is the cluster's own, and is made again; another must be there. */
  readonly own: boolean;
  /** Its subnet, as CIDR. */
  readonly subnet?: string;
  /** The address of the engine's machine in it. */
  readonly gateway?: string;
  /** The largest packet, in bytes. */
  readonly mtu?: number;
}

/** Everything of a cluster at one time, in a directory: `snapshot.json`, and a tar for each part. */
export interface Snapshot {
  /** The version of this form. */
  readonly version: 1;
  /** The cluster. */
  readonly cluster: string;
  /** When it was taken, as ISO 8601. */
  readonly createdAt: string;
  /** Where the API was reached. */
  readonly apiUrl: string;
  /** The network. */
  readonly network: SnapshotNetwork;
  /** The nodes: servers, agents, then the load balancer. */
  readonly nodes: readonly SnapshotNode[];
}

/** The document of a snapshot, in its directory. */
export const SNAPSHOT_FILE = "snapshot.json";
