import { buildCommand, type Command } from "@stricli/core";
import { COMPRESSION_FLAGS, type CompressionFlags } from "../console/compression_flags.ts";
import type { Context } from "../console/context.ts";
import { creationTime } from "../console/creation_time.ts";
import { UsageError } from "../console/exit_code.ts";
import {
  parseDirectory,
  parseRemoved,
  type PlacedDirectory,
  readNewLayers,
} from "../console/new_layers.ts";
import {
  SIDE_FLAGS,
  type SideFlags,
  TRANSFER_FLAGS,
  type TransferFlags,
} from "../console/flags.ts";
import { parseOutput, targetOf } from "../console/edit_target.ts";
import { Session } from "../console/session.ts";
import { appendLayers } from "../../lib/image/append.ts";
import { annotateImage, configureImage } from "../../lib/image/configure.ts";
import { emptyImage } from "../../lib/image/empty.ts";
import type { View } from "../../lib/image/image.ts";
import { layerAdapter } from "../../lib/image/layer_adapter.ts";
import { mapImages } from "../../lib/image/map_images.ts";
import { mapPlatforms } from "../../lib/image/map_platforms.ts";
import { selectImage } from "../../lib/image/select.ts";
import { ANNOTATION } from "../../lib/oci/annotations.ts";
import { familyOf } from "../../lib/oci/media_type.ts";
import { parsePlatform, type Platform } from "../../lib/oci/platform.ts";
import { present } from "../../lib/oci/present.ts";
import { formatReference, parseReference, type Reference } from "../../lib/oci/reference.ts";
import { formatLocation, type Location, parseLocation } from "../../lib/places/location.ts";

/** What stands for no base, as in a Dockerfile. */
const SCRATCH = "scratch";

/** The flags of `davit append`. */
interface Flags extends TransferFlags, SideFlags, CompressionFlags {
  readonly base?: Location | typeof SCRATCH;
  readonly newTag: Reference;
  readonly newLayer?: readonly string[];
  readonly directory?: readonly PlacedDirectory[];
  readonly remove?: readonly string[];
  readonly output?: Location;
  readonly only?: readonly Platform[];
  readonly ociEmptyBase?: boolean;
  readonly setBaseImageAnnotations?: boolean;
}

/** `davit append` */
export const command: Command<Context> = buildCommand({
  docs: {
    brief: "Put files, directories or tars on top of an image",
    fullDescription:
      `Put layers on top of a base image, or of nothing, and push the result. Directories become
layers in one pass on all cores: nothing is written to disk on the way. Of an index, every
platform's image gets the layers, or those of --only; --platform takes one image out of it.

  davit append -b nginx -f site.tar -t registry.example/site:v1
  davit append -b nginx --directory site:/usr/share/nginx/html -t registry.example/site:v1
  tar c . | davit append -f - -t registry.example/app:v1
  davit append --directory rootfs -t app:v1 -o app.tar

The same files give the same digest anywhere: owners are root, times are SOURCE_DATE_EPOCH, or 1970.`,
  },
  parameters: {
    flags: {
      newTag: {
        kind: "parsed",
        brief: "Name of the result",
        placeholder: "NAME",
        parse: (text: string) => parseReference(text),
      },
      base: {
        kind: "parsed",
        brief: "Image to put layers on; scratch, which is none, unless said",
        placeholder: "IMAGE",
        parse: (text: string) => text === SCRATCH ? text : parseLocation(text),
        optional: true,
      },
      newLayer: {
        kind: "parsed",
        brief: "Tar, compressed or not; directory; - for standard input",
        placeholder: "PATH",
        parse: String,
        optional: true,
        variadic: ",",
      },
      directory: {
        kind: "parsed",
        brief: "Directory to add, and where to in the image",
        placeholder: "DIR[:TO]",
        parse: parseDirectory,
        optional: true,
        variadic: true,
      },
      remove: {
        kind: "parsed",
        brief: "Path of the base that is to be gone, whether it is there or not",
        placeholder: "PATH",
        parse: parseRemoved,
        optional: true,
        variadic: true,
      },
      output: {
        kind: "parsed",
        brief: "Write the result here instead: a docker save tarball, -, or any place",
        placeholder: "PLACE",
        parse: (text: string) => parseOutput(text),
        optional: true,
      },
      only: {
        kind: "parsed",
        brief: "Add to these images of an index, keep the others",
        placeholder: "PLATFORM",
        parse: parsePlatform,
        optional: true,
        variadic: ",",
      },
      ociEmptyBase: {
        kind: "boolean",
        brief: "Without a base, use OCI media types (they are used anyway)",
        optional: true,
        withNegated: false,
      },
      setBaseImageAnnotations: {
        kind: "boolean",
        brief: "Note the base's name and digest in the result's annotations",
        optional: true,
        withNegated: false,
      },
      ...COMPRESSION_FLAGS,
      ...SIDE_FLAGS,
      ...TRANSFER_FLAGS,
    },
    aliases: { t: "newTag", b: "base", f: "newLayer", o: "output", j: "jobs", v: "verbose" },
  },
  async func(this: Context, flags: Flags): Promise<void> {
    const base = flags.base === SCRATCH ? undefined : flags.base;
    if (flags.ociEmptyBase === true && base !== undefined) {
      throw new UsageError("Cannot use --oci-empty-base with --base: there is a base");
    }
    await using session = new Session(this, flags);
    await using scope = new AsyncDisposableStack();
    const view = await openBase(session, scope, base);
    const family = familyOf((await view.descriptor()).mediaType);
    const created = creationTime(this.env);
    const added = await readNewLayers(this, { ...flags, family, created });
    const history = (text: string) => ({ created: created.text, created_by: text });
    const layers = added.map(({ layer, origin }) => ({ layer, history: history(origin) }));
    const { only: platforms = [] } = flags;
    const { compression, level, workers } = flags;
    const adapt = layerAdapter(present({ compression, level, workers }));
    const appended = await mapPlatforms(view, async (image) => {
      const longer = appendLayers(image, await adapt(image, layers));
      const isNew = created.isGiven || base === undefined;
      return isNew ? configureImage(longer, { created: created.text }) : longer;
    }, { platforms });
    const annotated = flags.setBaseImageAnnotations === true
      ? await annotateBase(appended, view, base)
      : appended;
    const result = { kind: "registry", reference: flags.newTag } as const;
    const { location, names } = targetOf(result, present({ output: flags.output }));
    const { destination } = scope.use(await session.create(location));
    const descriptor = await session.copy(annotated, destination, { names });
    await destination.commit({ signal: session.signal });
    const { registry, repository } = flags.newTag;
    const name = formatReference({ registry, repository, digest: descriptor.digest });
    session.output.result(name, { ...descriptor, reference: name, tag: flags.newTag.tag });
  },
});

async function openBase(
  session: Session,
  scope: AsyncDisposableStack,
  base: Location | undefined,
): Promise<View> {
  const { platform, signal } = session;
  if (base === undefined) return emptyImage(platform === undefined ? {} : { platform });
  const { view } = scope.use(await session.open(base));
  return platform === undefined ? view : await selectImage(view, platform, { signal });
}

async function annotateBase(view: View, base: View, location?: Location): Promise<View> {
  if (location === undefined) {
    throw new UsageError("Cannot use --set-base-image-annotations: expected --base");
  }
  const { digest } = await base.descriptor();
  const annotations = {
    [ANNOTATION.baseName]: formatLocation(location),
    [ANNOTATION.baseDigest]: digest,
  };
  return await mapImages(view, (image) => annotateImage(image, annotations));
}
