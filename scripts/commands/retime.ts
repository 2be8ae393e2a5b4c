import { buildCommand, type Command } from "@stricli/core";
import type { Context } from "../console/context.ts";
import { creationTime } from "../console/creation_time.ts";
import { LEVEL_FLAGS, type LevelFlags } from "../console/compression_flags.ts";
import { EDIT_ALIASES, EDIT_FLAGS, type EditFlags, openEdited } from "../console/edit_target.ts";
import { Session } from "../console/session.ts";
import { parseTime, type Time } from "../console/time.ts";
import { retimeImages } from "../../lib/image/retime.ts";
import { present } from "../../lib/oci/present.ts";
import { type Location, parseLocation } from "../../lib/places/location.ts";

interface Flags extends EditFlags, LevelFlags {
  readonly time?: Time;
  readonly clamp?: boolean;
  readonly canonical?: boolean;
}

/** `davit retime IMAGE` */
export const command: Command<Context> = buildCommand({
  docs: {
    brief: "Give everything in an image one time, so that it can be made again",
    fullDescription:
      `Give the files of all layers, the image and its history one time: --time, SOURCE_DATE_EPOCH, or
1970. Two builds that differ in nothing else have the same digest then. Order, owners, compression
and everything else stays. Of an index every platform's image gets it.

  davit retime registry.example/app:v1 --time 2026-01-01T00:00:00Z -t registry.example/app:fixed
  SOURCE_DATE_EPOCH=$(git log -1 --format=%ct) davit retime --clamp registry.example/app:v1
  davit retime --canonical registry.example/app:v1`,
  },
  parameters: {
    flags: {
      time: {
        kind: "parsed",
        brief: "The time: RFC 3339, or seconds since 1970",
        placeholder: "TIME",
        parse: parseTime,
        optional: true,
      },
      clamp: {
        kind: "boolean",
        brief: "Leave what is older as it is",
        optional: true,
        withNegated: false,
      },
      canonical: {
        kind: "boolean",
        brief: "Take away names of owners and what tells of the machine",
        optional: true,
        withNegated: false,
      },
      ...LEVEL_FLAGS,
      ...EDIT_FLAGS,
    },
    aliases: EDIT_ALIASES,
    positional: {
      kind: "tuple",
      parameters: [{ brief: "Image", placeholder: "IMAGE", parse: parseLocation }],
    },
  },
  async func(this: Context, flags: Flags, location: Location): Promise<void> {
    await using scope = new AsyncDisposableStack();
    const session = scope.use(new Session(this, flags));
    const { view, write } = await openEdited(session, scope, { location, flags });
    const { clamp, canonical, level, workers, only: platforms } = flags;
    const { seconds } = flags.time ?? creationTime(this.env);
    const options = present({ clamp, canonical, level, workers, platforms });
    await write(await retimeImages(view, { seconds, ...options }));
  },
});
