import { buildCommand, type Command } from "@stricli/core";
import type { Context } from "../console/context.ts";
import { UsageError } from "../console/exit_code.ts";
import { TRANSFER_FLAGS, type TransferFlags } from "../console/flags.ts";
import { FLATTEN_FLAG, INDEX_TAG_FLAG, MEMBERS_FLAG } from "../console/index_flags.ts";
import { expectIndex } from "../console/open_index.ts";
import { Session } from "../console/session.ts";
import { indexTarget, writeIndex } from "../console/write_index.ts";
import { appendToIndex } from "../../lib/image/append_to_index.ts";
import { emptyIndex } from "../../lib/image/empty.ts";
import type { View } from "../../lib/image/image.ts";
import { present } from "../../lib/oci/present.ts";
import { type Location, parseLocation } from "../../lib/places/location.ts";

interface Flags extends TransferFlags {
  readonly manifest?: readonly Location[];
  readonly tag?: Location;
  readonly dockerEmptyBase?: boolean;
  readonly flatten: boolean;
}

/** `davit index append [BASE] [IMAGE...]` */
export const command: Command<Context> = buildCommand({
  docs: {
    brief: "Add images to an index, or make one of them",
    fullDescription:
      `Add images from any places to an index. Each gets the platform that its config names,
attestations come along with their image, and what the index lists already is not listed twice.
Without a base the index is new, and --tag says where it goes. With --platform, one image of each
added index is taken.

  davit index append registry.example/app:v1 -m docker-archive:arm.tar
  davit index append -m app-amd64:v1 -m app-arm64:v1 -t registry.example/app:v1`,
  },
  parameters: {
    flags: {
      manifest: MEMBERS_FLAG,
      tag: INDEX_TAG_FLAG,
      dockerEmptyBase: {
        kind: "boolean",
        brief: "Without a base, make a Docker manifest list",
        optional: true,
        withNegated: false,
      },
      flatten: FLATTEN_FLAG,
      ...TRANSFER_FLAGS,
    },
    aliases: { m: "manifest", t: "tag", j: "jobs", v: "verbose" },
    positional: {
      kind: "array",
      parameter: {
        brief: "Index to add to, then images to add",
        placeholder: "[BASE] [IMAGE...]",
        parse: parseLocation,
      },
    },
  },
  async func(this: Context, flags: Flags, ...places: Location[]): Promise<void> {
    const [base, ...more] = places;
    const { manifest = [], tag, dockerEmptyBase, flatten } = flags;
    const added = [...more, ...manifest];
    const to = indexTarget(tag, base);
    if (base === undefined && added.length === 0) {
      throw new UsageError("Cannot append to an index: expected a base or --manifest");
    }
    await using session = new Session(this, flags);
    await using scope = new AsyncDisposableStack();
    const open = async (place: Location): Promise<View> =>
      scope.use(await session.open(place)).view;
    const index = base === undefined
      ? emptyIndex(dockerEmptyBase === true ? "docker" : "oci")
      : await expectIndex(await open(base), base);
    const views = await Promise.all(added.map(open));
    const { platform } = session;
    const appended = await appendToIndex(index, views, { flatten, ...present({ platform }) });
    await writeIndex(session, appended, to);
  },
});
