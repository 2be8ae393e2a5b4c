import { buildCommand, type Command } from "@stricli/core";
import {
  type ClusterOutputFlags,
  OUTPUT_FLAGS,
  WAIT_FLAGS,
  type WaitFlags,
} from "../console/cluster_flags.ts";
import { ClusterSession } from "../console/cluster_session.ts";
import type { Context } from "../console/context.ts";
import { snapshotDirectory } from "../console/snapshot_place.ts";
import { DEFAULT_CLUSTER } from "../../lib/k3s/names.ts";
import { present } from "../../lib/oci/present.ts";

interface Flags extends ClusterOutputFlags, WaitFlags {
  readonly replace?: boolean;
  readonly kubeconfigUpdateDefault?: boolean;
  readonly kubeconfigSwitchContext?: boolean;
}

/** `davit cluster snapshot restore [SNAPSHOT]` */
export const command: Command<Context> = buildCommand({
  docs: {
    brief: "Make a cluster as it was saved",
    fullDescription:
      `Make a cluster as it was when its snapshot was saved: the same names, addresses, ports, objects and
images. All of the snapshot is checked before anything is made or deleted.

  davit cluster snapshot restore dev
  davit cluster snapshot restore seeded --replace
  davit cluster snapshot restore ./ci/dev-cluster`,
  },
  parameters: {
    flags: {
      replace: {
        kind: "boolean",
        brief: "Delete the cluster first when there is one of that name",
        optional: true,
        withNegated: false,
      },
      ...WAIT_FLAGS,
      kubeconfigUpdateDefault: {
        kind: "boolean",
        brief: "Write the user's kubeconfig (yes unless said)",
        optional: true,
        withNegated: false,
      },
      kubeconfigSwitchContext: {
        kind: "boolean",
        brief: "Make the cluster the current one (yes unless said)",
        optional: true,
        withNegated: false,
      },
      ...OUTPUT_FLAGS,
    },
    positional: {
      kind: "tuple",
      parameters: [{
        brief: `Name of a snapshot (${DEFAULT_CLUSTER} unless said), or the path of its directory`,
        placeholder: "SNAPSHOT",
        parse: String,
        optional: true,
      }],
    },
  },
  async func(this: Context, flags: Flags, snapshot: string = DEFAULT_CLUSTER): Promise<void> {
    using session = new ClusterSession(this, flags);
    const { restoreSnapshot } = await import("../../lib/k3s/snapshots/restore_snapshot.ts");
    const { mergeKubeconfig } = await import("../../lib/k3s/kubeconfig_files.ts");
    const { wait, kubeconfigUpdateDefault = true, kubeconfigSwitchContext = true } = flags;
    const cluster = await session.run(() =>
      restoreSnapshot(snapshotDirectory(this, snapshot), {
        ...session.options,
        ...present({
          replace: flags.replace,
          waitFor: wait,
          timeoutMs: flags.timeout || undefined,
        }),
      })
    );
    if (kubeconfigUpdateDefault && wait !== false) {
      await mergeKubeconfig(session.kubeconfigs, cluster.kubeconfig, {
        switchContext: kubeconfigSwitchContext,
      });
    }
    const { name, apiUrl } = cluster;
    session.output.result(name, { name, apiUrl });
  },
});
