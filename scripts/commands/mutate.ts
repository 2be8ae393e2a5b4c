import { buildCommand, type Command } from "@stricli/core";
import { parseCommaList, parsePairs } from "../console/comma_list.ts";
import { COMPRESSION_FLAGS, type CompressionFlags } from "../console/compression_flags.ts";
import { CONFIG_FLAGS, configChanges, type ConfigFlags, named } from "../console/config_flags.ts";
import type { Context } from "../console/context.ts";
import { creationTime } from "../console/creation_time.ts";
import { EDIT_ALIASES, EDIT_FLAGS, type EditFlags, openEdited } from "../console/edit_target.ts";
import { UsageError } from "../console/exit_code.ts";
import { readNewLayers } from "../console/new_layers.ts";
import { Session } from "../console/session.ts";
import type { AddedLayer } from "../../lib/image/edit_image.ts";
import { appendLayers } from "../../lib/image/append.ts";
import { annotateImage, annotateIndex, configureImage } from "../../lib/image/configure.ts";
import { convertImages } from "../../lib/image/convert.ts";
import type { Image, View } from "../../lib/image/image.ts";
import { mapPlatforms } from "../../lib/image/map_platforms.ts";
import { recompressImages } from "../../lib/image/recompress.ts";
import { removeLayers } from "../../lib/image/remove_layers.ts";
import { layerAdapter } from "../../lib/image/layer_adapter.ts";
import { listImages } from "../../lib/image/select.ts";
import { familyOf, type MediaFamily } from "../../lib/oci/media_type.ts";
import { present } from "../../lib/oci/present.ts";
import { type Location, parseLocation } from "../../lib/places/location.ts";

type Pairs = ReturnType<typeof parsePairs>;

interface Flags extends EditFlags, ConfigFlags, CompressionFlags {
  readonly annotation?: readonly Pairs[];
  readonly removeAnnotation?: readonly string[];
  readonly removeIndexAnnotation?: readonly string[];
  readonly indexAnnotation?: readonly Pairs[];
  readonly append?: readonly (readonly string[])[];
  readonly removeLayer?: readonly string[];
  readonly format?: MediaFamily;
}

/** `davit mutate IMAGE` */
export const command: Command<Context> = buildCommand({
  docs: {
    brief: "Change an image's config, annotations, layers or form",
    fullDescription:
      `Change what is named and nothing else: unknown fields, annotations and layers stay as they
are. Of an index, every platform's image is edited and the index stays one; --only edits some of
them, --platform takes one out. Without -t, --repo or -o the result takes the image's name.

  davit mutate registry.example/app:v1 -e PORT=8080 -l team=deck --cmd serve,--fast
  davit mutate registry.example/app:v1 --append patch.tar -t registry.example/app:v2
  davit mutate registry.example/app:v1 --remove-env DEBUG --clear healthcheck,volumes
  davit mutate oci:layout:v1 --format docker --compression gzip -o app.tar

A list of words is split at commas; ["a,b"] takes words as they are. --compression and --level are
for what --append brings, and without --append for all layers.`,
  },
  parameters: {
    flags: {
      annotation: {
        kind: "parsed",
        brief: "Annotation to set on the image",
        placeholder: "KEY=VALUE",
        parse: parsePairs,
        optional: true,
        variadic: true,
      },
      ...CONFIG_FLAGS,
      removeAnnotation: {
        kind: "parsed",
        brief: "Annotation to take away",
        placeholder: "KEY",
        parse: String,
        optional: true,
        variadic: true,
      },
      indexAnnotation: {
        kind: "parsed",
        brief: "Annotation to set on the index itself",
        placeholder: "KEY=VALUE",
        parse: parsePairs,
        optional: true,
        variadic: true,
      },
      removeIndexAnnotation: {
        kind: "parsed",
        brief: "Annotation to take away from the index itself",
        placeholder: "KEY",
        parse: String,
        optional: true,
        variadic: true,
      },
      append: {
        kind: "parsed",
        brief: "Tar or directory to put on top, or - for standard input",
        placeholder: "PATH,...",
        parse: parseCommaList,
        optional: true,
        variadic: true,
      },
      removeLayer: {
        kind: "parsed",
        brief: "Layer to take out",
        placeholder: "DIGEST|DIFFID|top",
        parse: String,
        optional: true,
        variadic: true,
      },
      format: {
        kind: "enum",
        values: ["oci", "docker"],
        brief: "Whose media types the result has; as the image unless said",
        optional: true,
      },
      ...COMPRESSION_FLAGS,
      ...EDIT_FLAGS,
    },
    aliases: { ...EDIT_ALIASES, a: "annotation", l: "label", e: "env", u: "user", w: "workdir" },
    positional: {
      kind: "tuple",
      parameters: [{ brief: "Image", placeholder: "IMAGE", parse: parseLocation }],
    },
  },
  async func(this: Context, flags: Flags, location: Location): Promise<void> {
    await using scope = new AsyncDisposableStack();
    const session = scope.use(new Session(this, flags));
    const { view, write } = await openEdited(session, scope, { location, flags });
    const { format, only: platforms = [], indexAnnotation, removeIndexAnnotation } = flags;
    if (flags.setPlatform !== undefined && platforms.length === 0) await expectOne(view);
    const ground = format === undefined ? view : await convertImages(view, format);
    const family = familyOf((await ground.descriptor()).mediaType);
    const added = await addedLayers(this, flags, family);
    const formed = added.length > 0 ? ground : await recompress(ground, flags);
    const { compression, level, workers } = flags;
    const adapt = layerAdapter(present({ compression, level, workers }));
    const edited = await mapPlatforms(
      formed,
      async (image) => mutate(image, flags, await adapt(image, added)),
      { platforms },
    );
    const changes = named(indexAnnotation?.flat(), removeIndexAnnotation);
    await write(changes === undefined ? edited : await annotateIndex(edited, changes));
  },
});

/** All images of an index for one platform would be none for the others. */
async function expectOne(view: View): Promise<void> {
  const images = await listImages(view);
  if (images.length < 2) return;
  throw new UsageError(
    `Cannot give ${images.length} images one platform: expected --only PLATFORM for one of them`,
  );
}

function mutate(image: Image, flags: Flags, added: readonly AddedLayer[]): Image {
  const { removeLayer = [], clear = [] } = flags;
  const shorter = removeLayer.length === 0 ? image : removeLayers(image, removeLayer);
  const longer = appendLayers(shorter, added);
  const configured = configChanges(flags).reduce(configureImage, longer);
  const bare = clear.includes("annotations") ? annotateImage(configured, null) : configured;
  const annotations = named(flags.annotation?.flat(), flags.removeAnnotation);
  return annotations === undefined ? bare : annotateImage(bare, annotations);
}

async function addedLayers(
  context: Context,
  { append = [], ...flags }: Flags,
  family: MediaFamily,
): Promise<readonly AddedLayer[]> {
  const newLayer = append.flat();
  if (newLayer.length === 0) return [];
  const created = creationTime(context.env);
  const layers = await readNewLayers(context, { ...flags, newLayer, family, created });
  return layers.map(({ layer, origin }) => (
    { layer, history: { created: created.text, created_by: origin } }
  ));
}

async function recompress(view: View, flags: Flags): Promise<View> {
  const { compression, level, workers, only: platforms } = flags;
  if (compression === undefined && level === undefined) return view;
  return await recompressImages(view, present({ compression, level, workers, platforms }));
}
