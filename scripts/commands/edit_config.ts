import { buildCommand, type Command } from "@stricli/core";
import type { Context } from "../console/context.ts";
import { editJson, onlyImage } from "../console/edit_document.ts";
import { EDIT_ALIASES, EDIT_FLAGS, type EditFlags, openEdited } from "../console/edit_target.ts";
import { Session } from "../console/session.ts";
import { DocumentError } from "../../lib/errors.ts";
import type { Image } from "../../lib/image/image.ts";
import { mapPlatforms } from "../../lib/image/map_platforms.ts";
import { replaceConfig } from "../../lib/image/replace_documents.ts";
import { parseConfig } from "../../lib/oci/config.ts";
import { parseJson } from "../../lib/oci/json.ts";
import { isImageConfigType } from "../../lib/oci/media_type.ts";
import { type Location, parseLocation } from "../../lib/places/location.ts";

/** `davit edit config IMAGE` */
export const command: Command<Context> = buildCommand({
  docs: {
    brief: "Edit an image's config in your editor, or from standard input",
    fullDescription:
      `Edit the config of an image: in $VISUAL or $EDITOR, or, when something is piped in, by that
instead. The manifest follows. Of an index, --only names the image that is edited.

  davit edit config registry.example/app:v1
  davit config registry.example/app:v1 | jq -c '.author = "Ann"' |
    davit edit config registry.example/app:v1 -t registry.example/app:v2`,
  },
  parameters: {
    flags: EDIT_FLAGS,
    aliases: EDIT_ALIASES,
    positional: {
      kind: "tuple",
      parameters: [{ brief: "Image", placeholder: "IMAGE", parse: parseLocation }],
    },
  },
  async func(this: Context, flags: EditFlags, location: Location): Promise<void> {
    await using scope = new AsyncDisposableStack();
    const session = scope.use(new Session(this, flags));
    const { view, write } = await openEdited(session, scope, { location, flags });
    const { only: platforms = [] } = flags;
    const image = await onlyImage(view, platforms);
    const edited = await editJson(this, () => image.config());
    if (edited === undefined) return session.output.note("nothing was changed");
    parseJson(edited, "config");
    const why = await whyNoConfig(image, edited);
    if (why !== undefined) session.output.note(`this is no config that an image runs with: ${why}`);
    await write(
      await mapPlatforms(view, (image) => replaceConfig(image, edited), { platforms }),
    );
  },
});

async function whyNoConfig(image: Image, config: Uint8Array): Promise<string | undefined> {
  if (!isImageConfigType((await image.configDescriptor()).mediaType)) return undefined;
  try {
    const { length } = parseConfig(config).rootfs.diff_ids;
    const layers = (await image.layers()).length;
    return length === layers ? undefined : `it has ${length} diff_ids for ${layers} layers`;
  } catch (error) {
    if (error instanceof DocumentError) return error.message;
    throw error;
  }
}
