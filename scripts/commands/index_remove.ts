import { buildCommand, type Command } from "@stricli/core";
import type { Context } from "../console/context.ts";
import { UsageError } from "../console/exit_code.ts";
import { COMMON_FLAGS, type CommonFlags, JOBS_FLAG } from "../console/flags.ts";
import { INDEX_TAG_FLAG, PLATFORMS_FLAG } from "../console/index_flags.ts";
import { expectIndex } from "../console/open_index.ts";
import { Session } from "../console/session.ts";
import { indexTarget, writeIndex } from "../console/write_index.ts";
import { removeFromIndex } from "../../lib/image/filter_index.ts";
import { type Digest, parseDigest } from "../../lib/oci/digest.ts";
import type { Platform } from "../../lib/oci/platform.ts";
import { type Location, parseLocation } from "../../lib/places/location.ts";

interface Flags extends CommonFlags {
  readonly platform?: readonly Platform[];
  readonly digest?: readonly Digest[];
  readonly tag?: Location;
  readonly jobs?: number;
}

/** `davit index remove INDEX` */
export const command: Command<Context> = buildCommand({
  docs: {
    brief: "Remove images from an index",
    fullDescription:
      `Remove images from an index, by platform or by digest, with the attestations about them.
What is not there is an error that lists what is.

  davit index remove registry.example/app:v1 --platform linux/s390x,linux/ppc64le
  davit index remove registry.example/app:v1 --digest sha256:... -t registry.example/app:v2`,
  },
  parameters: {
    flags: {
      platform: PLATFORMS_FLAG,
      digest: {
        kind: "parsed",
        brief: "Digest of what is to go",
        placeholder: "DIGEST",
        parse: (text: string) => parseDigest(text),
        optional: true,
        variadic: ",",
      },
      tag: INDEX_TAG_FLAG,
      jobs: JOBS_FLAG,
      ...COMMON_FLAGS,
    },
    aliases: { t: "tag", j: "jobs", v: "verbose" },
    positional: {
      kind: "tuple",
      parameters: [{ brief: "Index", placeholder: "INDEX", parse: parseLocation }],
    },
  },
  async func(this: Context, flags: Flags, base: Location): Promise<void> {
    const { platform: platforms = [], digest: digests = [], tag, ...common } = flags;
    if (platforms.length + digests.length === 0) {
      throw new UsageError("Cannot remove from an index: expected --platform or --digest");
    }
    const to = indexTarget(tag, base);
    await using session = new Session(this, common);
    await using source = await session.open(base);
    const index = await expectIndex(source.view, base);
    await writeIndex(session, await removeFromIndex(index, { platforms, digests }), to);
  },
});
