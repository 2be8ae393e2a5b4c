import { buildCommand, type Command } from "@stricli/core";
import type { Context } from "../console/context.ts";
import { DEV_ALIASES, DEV_FLAGS, DEV_SOURCE, type DevFlags } from "../console/dev_flags.ts";
import { explainRollout, reportEvent } from "../console/dev_report.ts";
import { Session } from "../console/session.ts";

/** `davit run [BUILD|IMAGE]` */
export const command: Command<Context> = buildCommand({
  docs: {
    brief: "Run an image in a cluster: build it, bring it there, apply manifests",
    fullDescription:
      `Build an image, bring it to the nodes of a cluster, apply manifests with the image in its place, by
its digest, wait until all is ready, and follow what the containers write.

  davit run                                  the davit.yaml here, as a Deployment of its own
  davit run -f manifests -c dev              what manifests say, in the cluster dev
  davit run build.ts --no-follow             a build in TypeScript
  davit run docker://nginx:alpine            an image that is somewhere

In manifests the image goes where containers name it by its first tag, whatever the tag, and in place
of davit://PATH, a build file from where the manifest is. No registry and no kubectl are needed.`,
  },
  parameters: { flags: DEV_FLAGS, aliases: DEV_ALIASES, positional: DEV_SOURCE },
  async func(this: Context, flags: DevFlags, word?: string): Promise<void> {
    await using session = new Session(this, flags);
    await using scope = new AsyncDisposableStack();
    const { output, signal } = session;
    const { openDevTarget } = await import("../console/dev_target.ts");
    const { runImages } = await import("../../lib/dev/run_images.ts");
    const { readManifests } = await import("../../lib/dev/manifests.ts");
    const { manifests, ...target } = await openDevTarget(
      { context: this, session, scope },
      flags,
      word,
    );
    const { namespace, rolloutTimeout: timeout, follow = true } = flags;
    try {
      const events = runImages(target, {
        manifests: await readManifests(manifests),
        follow,
        signal,
        ...(namespace === undefined ? {} : { namespace }),
        ...(timeout === undefined ? {} : { timeout }),
      });
      for await (const event of events) reportEvent(event, output, flags);
    } catch (error) {
      if (!signal.aborted) explainRollout(error, output);
      throw error;
    }
  },
});
