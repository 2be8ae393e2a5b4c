import { buildCommand, type Command } from "@stricli/core";
import { COMPRESSION_FLAGS, type CompressionFlags } from "../console/compression_flags.ts";
import type { Context } from "../console/context.ts";
import { creationTime } from "../console/creation_time.ts";
import { EDIT_ALIASES, EDIT_FLAGS, type EditFlags, openEdited } from "../console/edit_target.ts";
import { Session } from "../console/session.ts";
import { flattenImage } from "../../lib/image/flatten.ts";
import { mapPlatforms } from "../../lib/image/map_platforms.ts";
import { present } from "../../lib/oci/present.ts";
import { type Location, parseLocation } from "../../lib/places/location.ts";

interface Flags extends EditFlags, CompressionFlags {
  readonly top?: number;
}

/** `davit flatten IMAGE`, also called `davit squash`. */
export const command: Command<Context> = buildCommand({
  docs: {
    brief: "Make one layer of an image's layers, or of those on top",
    fullDescription:
      `Make one layer of all layers, or with --top of the uppermost: what is removed or replaced above
is gone from it. Of an index every platform's image is flattened. The former history goes into the
comment of the new entry. Times stay, or are SOURCE_DATE_EPOCH: the same image gives the same
digest. "davit squash" is the same.

  davit flatten registry.example/app:v1 -t registry.example/app:flat
  davit squash --top 3 registry.example/app:v1`,
  },
  parameters: {
    flags: {
      top: {
        kind: "parsed",
        brief: "How many layers from the top become one; all unless said",
        placeholder: "N",
        parse: parseTop,
        optional: true,
      },
      ...COMPRESSION_FLAGS,
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
    const { top, compression, level, workers, only: platforms = [] } = flags;
    const time = creationTime(this.env);
    const created = time.isGiven ? time.text : undefined;
    const options = present({ top, compression, level, workers, created });
    await write(await mapPlatforms(view, (image) => flattenImage(image, options), { platforms }));
  },
});

function parseTop(text: string): number {
  if (/^[1-9]\d{0,3}$/.test(text)) return Number(text);
  throw new SyntaxError(`Cannot squash the top "${text}" layers: expected 1 to 9999`);
}
