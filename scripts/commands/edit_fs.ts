import { buildCommand, type Command } from "@stricli/core";
import type { Context } from "../console/context.ts";
import { creationTime } from "../console/creation_time.ts";
import { editText } from "../console/edit_text.ts";
import { EDIT_ALIASES, EDIT_FLAGS, type EditFlags, openEdited } from "../console/edit_target.ts";
import { placeFile, readFile } from "../console/open_file.ts";
import { onlyImage } from "../console/edit_document.ts";
import { Session } from "../console/session.ts";
import { appendLayers } from "../../lib/image/append.ts";
import { mapPlatforms } from "../../lib/image/map_platforms.ts";
import { layerFromEntries } from "../../lib/layer/entries.ts";
import { familyOf } from "../../lib/oci/media_type.ts";
import { type Location, parseLocation } from "../../lib/places/location.ts";

interface Flags extends EditFlags {
  readonly filename: string;
}

/** `davit edit fs IMAGE` */
export const command: Command<Context> = buildCommand({
  docs: {
    brief: "Edit a file of an image in your editor, or from standard input",
    fullDescription:
      `Edit one file of an image: in $VISUAL or $EDITOR, or, when something is piped in, by that
instead. The file keeps its mode, owner and extended attributes, a new one is 0644; it goes into a
layer on top. Of an index, what is piped in goes into every platform's image, and --only names the
one for an editor.

  davit edit fs registry.example/app:v1 -f /etc/motd
  echo ahoy | davit edit fs registry.example/app:v1 -f /etc/motd -t registry.example/app:v2`,
  },
  parameters: {
    flags: {
      filename: {
        kind: "parsed",
        brief: "The file",
        placeholder: "PATH",
        parse: String,
      },
      ...EDIT_FLAGS,
    },
    aliases: { ...EDIT_ALIASES, f: "filename" },
    positional: {
      kind: "tuple",
      parameters: [{ brief: "Image", placeholder: "IMAGE", parse: parseLocation }],
    },
  },
  async func(this: Context, flags: Flags, location: Location): Promise<void> {
    await using scope = new AsyncDisposableStack();
    const session = scope.use(new Session(this, flags));
    const { view, write } = await openEdited(session, scope, { location, flags });
    const { filename, only: platforms = [] } = flags;
    const { signal } = session;
    const content = await editText(this, {
      suffix: `-${filename.split("/").at(-1)}`,
      open: async () => await readFile(await onlyImage(view, platforms), filename, { signal }),
    });
    if (content === undefined) return session.output.note("nothing was changed");
    const { seconds: mtime, text: created } = creationTime(this.env);
    const result = await mapPlatforms(view, async (image) => {
      const place = await placeFile(image, filename, { signal });
      const { mediaType } = await image.descriptor();
      const entry = { ...place, mtime, content };
      const layer = layerFromEntries([entry], { family: familyOf(mediaType) });
      const history = { created, "created_by": `davit edit fs ${filename}` };
      return appendLayers(image, [{ layer, history }]);
    }, { platforms });
    await write(result);
  },
});
