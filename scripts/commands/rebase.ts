import { buildCommand, type Command } from "@stricli/core";
import type { Context } from "../console/context.ts";
import { UsageError } from "../console/exit_code.ts";
import { EDIT_ALIASES, EDIT_FLAGS, type EditFlags, openEdited } from "../console/edit_target.ts";
import { reportConflicts } from "../console/report_conflicts.ts";
import { type NamedBases, resolveBases } from "../console/rebase_bases.ts";
import { Session } from "../console/session.ts";
import { annotateImage } from "../../lib/image/configure.ts";
import { mapPlatforms } from "../../lib/image/map_platforms.ts";
import { rebaseImage } from "../../lib/image/rebase.ts";
import { ANNOTATION } from "../../lib/oci/annotations.ts";
import { parseReference, type Reference } from "../../lib/oci/reference.ts";
import { type Location, parseLocation } from "../../lib/places/location.ts";

interface Flags extends EditFlags, NamedBases {
  readonly check?: boolean;
  readonly original?: Location;
  readonly rebased?: Reference;
}

/** `davit rebase IMAGE` */
export const command: Command<Context> = buildCommand({
  docs: {
    brief: "Put an image's own layers onto another base",
    fullDescription:
      `Take the layers of the old base away and put those of the new one in their place, without
reading any. Of an index every platform's image is rebased, onto the new base's image for it. The
config stays the image's own. The bases are those of the annotations org.opencontainers.image.base.*
unless named, and are noted there; an old base that nobody knows is sought among the new one's tags.

  davit rebase registry.example/app:v1 --old-base debian:12.1 --new-base debian:12.2
  davit rebase registry.example/app:v1 --new-base debian:12 --check

--check changes nothing: it prints what both sides changed, and exits 1 if there is anything.`,
  },
  parameters: {
    flags: {
      oldBase: {
        kind: "parsed",
        brief: "Base to take away",
        placeholder: "IMAGE",
        parse: parseLocation,
        optional: true,
      },
      newBase: {
        kind: "parsed",
        brief: "Base to put in its place",
        placeholder: "IMAGE",
        parse: parseLocation,
        optional: true,
      },
      check: {
        kind: "boolean",
        brief: "Print paths and config that both sides changed; write nothing",
        optional: true,
        withNegated: false,
      },
      original: {
        kind: "parsed",
        brief: "The same as IMAGE, as crane once called it",
        placeholder: "IMAGE",
        parse: parseLocation,
        optional: true,
      },
      rebased: {
        kind: "parsed",
        brief: "The same as --tag, as crane once called it",
        placeholder: "NAME",
        parse: (text: string) => parseReference(text),
        optional: true,
      },
      ...EDIT_FLAGS,
    },
    aliases: EDIT_ALIASES,
    positional: {
      kind: "tuple",
      parameters: [
        { brief: "Image", placeholder: "IMAGE", parse: parseLocation, optional: true },
      ],
    },
  },
  async func(this: Context, given: Flags, image?: Location): Promise<void> {
    const { rebased, original, ...flags } = given;
    if (image !== undefined && original !== undefined) {
      throw new UsageError("Cannot rebase two images: --original names another one");
    }
    const location = image ?? original;
    if (location === undefined) throw new UsageError("Cannot rebase: expected an image");
    await using scope = new AsyncDisposableStack();
    const session = scope.use(new Session(this, flags));
    const tag = flags.tag ?? rebased;
    const named = tag === undefined ? flags : { ...flags, tag };
    const { view, write } = await openEdited(session, scope, { location, flags: named });
    const { name, newBase, basesOf } = await resolveBases(session, scope, { view, named: flags });
    const { only: platforms = [] } = flags;
    if (flags.check === true) return await reportConflicts(session, view, { platforms, basesOf });
    const { digest } = await newBase.descriptor();
    const annotations = { [ANNOTATION.baseName]: name, [ANNOTATION.baseDigest]: digest };
    const result = await mapPlatforms(view, async (image) => (
      annotateImage(rebaseImage(image, await basesOf(image)), annotations)
    ), { platforms });
    await write(result);
  },
});
