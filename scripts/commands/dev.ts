import { buildCommand, type Command } from "@stricli/core";
import type { Context } from "../console/context.ts";
import { DEV_ALIASES, DEV_FLAGS, DEV_SOURCE, type DevFlags } from "../console/dev_flags.ts";
import { reportEvent } from "../console/dev_report.ts";
import { Session } from "../console/session.ts";

/** `davit dev [BUILD]` */
export const command: Command<Context> = buildCommand({
  docs: {
    brief: "Keep an image in a cluster what its files say, while they are edited",
    fullDescription:
      `Run an image in a cluster as "davit run" does, and whenever its files change, build the layers
anew that changed, bring the nodes what they lack, give the image, by its digest, to all workloads that
use it, and wait until these are ready: Deployments, StatefulSets, DaemonSets, and pods by themselves.

  davit dev                        the davit.yaml here
  davit dev site -f manifests      what manifests say; applied again when they change

A change ends the rollout before it. Why a rollout fails is told, and the next change tries again.
Images of before are removed from the nodes. Ctrl-C ends it; what runs in the cluster stays.`,
  },
  parameters: { flags: DEV_FLAGS, aliases: DEV_ALIASES, positional: DEV_SOURCE },
  async func(this: Context, flags: DevFlags, word?: string): Promise<void> {
    await using session = new Session(this, flags);
    await using scope = new AsyncDisposableStack();
    const { openDevTarget } = await import("../console/dev_target.ts");
    const { devImages } = await import("../../lib/dev/dev_images.ts");
    const { manifests, ...target } = await openDevTarget(
      { context: this, session, scope },
      flags,
      word,
    );
    const { namespace, rolloutTimeout: timeout, follow = true } = flags;
    const events = devImages(target, {
      manifests,
      follow,
      signal: session.signal,
      ...(namespace === undefined ? {} : { namespace }),
      ...(timeout === undefined ? {} : { timeout }),
    });
    for await (const event of events) reportEvent(event, session.output, flags);
  },
});
