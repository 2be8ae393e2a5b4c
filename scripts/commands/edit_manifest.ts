import { buildCommand, type Command } from "@stricli/core";
import type { Context } from "../console/context.ts";
import { editJson } from "../console/edit_document.ts";
import { EDIT_ALIASES, EDIT_FLAGS, type EditFlags, openEdited } from "../console/edit_target.ts";
import { UsageError } from "../console/exit_code.ts";
import { Session } from "../console/session.ts";
import { replaceManifest } from "../../lib/image/replace_documents.ts";
import { present } from "../../lib/oci/present.ts";
import { type Location, parseLocation } from "../../lib/places/location.ts";

interface Flags extends Omit<EditFlags, "only"> {
  readonly mediaType?: string;
}

const { only: _, ...FLAGS } = EDIT_FLAGS;

/** `davit edit manifest IMAGE` */
export const command: Command<Context> = buildCommand({
  docs: {
    brief: "Edit a manifest or index in your editor, or from standard input",
    fullDescription:
      `Edit the manifest of an image, or an index itself: in $VISUAL or $EDITOR, or, when something is
piped in, by that instead, to the byte. What it lists has to be there.

  davit edit manifest registry.example/app:v1
  davit edit manifest registry.example/app:v1 -t registry.example/app:v2 < manifest.json`,
  },
  parameters: {
    flags: {
      mediaType: {
        kind: "parsed",
        brief: "What the document is; what it says itself unless said",
        placeholder: "TYPE",
        parse: String,
        optional: true,
      },
      ...FLAGS,
    },
    aliases: { ...EDIT_ALIASES, m: "mediaType" },
    positional: {
      kind: "tuple",
      parameters: [{ brief: "Image", placeholder: "IMAGE", parse: parseLocation }],
    },
  },
  async func(this: Context, flags: Flags, location: Location): Promise<void> {
    await using scope = new AsyncDisposableStack();
    const session = scope.use(new Session(this, flags));
    const { view, write } = await openEdited(session, scope, { location, flags });
    if (view.kind === "blob") throw new UsageError("Cannot edit a blob: expected a manifest");
    const edited = await editJson(this, () => view.manifest());
    if (edited === undefined) return session.output.note("nothing was changed");
    const { mediaType } = flags;
    await write(await replaceManifest(view, edited, present({ mediaType })));
  },
});
