import { buildCommand, type Command } from "@stricli/core";
import type { Context } from "../console/context.ts";
import { UsageError } from "../console/exit_code.ts";
import { inFull, namesAtDestination } from "../console/naming.ts";
import { parseOutput } from "../console/edit_target.ts";
import { TRANSFER_FLAGS, type TransferFlags } from "../console/flags.ts";
import { type ChosenPlatforms, narrow, PLATFORMS_FLAG } from "../console/platforms.ts";
import { Session } from "../console/session.ts";
import type { View } from "../../lib/image/image.ts";
import type { Descriptor } from "../../lib/oci/descriptor.ts";
import { type FileKind, type Location, parseLocation } from "../../lib/places/location.ts";
import type { OpenedSource } from "../../lib/places/open.ts";

interface Flags extends Omit<TransferFlags, "platform"> {
  readonly platform?: ChosenPlatforms;
  readonly format: "tarball" | "legacy" | "oci" | "oci-archive";
  readonly annotateRef?: boolean;
  readonly cachePath?: string;
}

interface PulledImage extends Descriptor {
  readonly names: readonly string[];
}

const KINDS: Readonly<Record<Flags["format"], FileKind>> = {
  tarball: "docker-archive",
  legacy: "docker-legacy",
  oci: "oci",
  "oci-archive": "oci-archive",
};

/** `davit pull IMAGE... PATH` */
export const command: Command<Context> = buildCommand({
  docs: {
    brief: "Write images from a registry to a file or a layout",
    fullDescription: `Pull one or several images into one place.

  tarball      a docker save tarball that holds an OCI layout too: docker load, containerd and k3s
               all take it
  legacy       the form docker save had before 2016, with a directory a layer
  oci          an OCI image layout, a directory; keeps whole indexes unless --platform is given.
               Images are named by their tags there, and in full where several have the same
  oci-archive  the same as a tar

When the connection breaks, or the process is killed, what came stays beside the target (*.part;
in a layout, within it): the same command fetches the rest. Not so for legacy and -. A PATH with a
transport in front, such as oci-archive:FILE:NAME, needs no --format.

  davit pull nginx:alpine nginx.tar
  davit pull --format oci-archive nginx:alpine every-platform.tar
  davit pull nginx:alpine - | ssh host docker load`,
  },
  parameters: {
    flags: {
      format: {
        kind: "enum",
        values: ["tarball", "legacy", "oci", "oci-archive"],
        brief: "What to write",
        default: "tarball",
      },
      annotateRef: {
        kind: "boolean",
        brief: "In a layout, name images in full rather than by their tag",
        optional: true,
        withNegated: false,
      },
      cachePath: {
        kind: "parsed",
        brief: "OCI layout in which blobs are kept, and looked for first",
        placeholder: "DIR",
        parse: String,
        optional: true,
      },
      ...TRANSFER_FLAGS,
      platform: PLATFORMS_FLAG,
    },
    aliases: { c: "cachePath", j: "jobs", v: "verbose" },
    positional: {
      kind: "array",
      parameter: {
        brief: "One image or several, then where to write, or - for standard output",
        placeholder: "IMAGE... PATH",
        parse: String,
      },
      minimum: 2,
    },
  },
  async func(this: Context, flags: Flags, ...words: string[]): Promise<void> {
    const path = words.at(-1);
    if (path === undefined) throw new UsageError("Cannot pull: expected images and a path");
    const images = words.slice(0, -1).map(parseLocation);
    const to = parseOutput(path, KINDS[flags.format]);
    const { platform, ...common } = flags;
    await using session = new Session(this, common);
    await using scope = new AsyncDisposableStack();
    const viewOf = await viewer(scope, flags.cachePath);
    await using target = await session.create(to);
    const pulled: PulledImage[] = [];
    const allNames = namesFor(images, to, { ...flags, own: target.names });
    for (const [position, from] of images.entries()) {
      await using source = await session.open(from);
      const names = allNames[position] ?? [];
      const { destination } = target;
      const view = await narrow(await viewOf(source), platform, { session, destination });
      const descriptor = await session.copy(view, destination, { names });
      pulled.push({ ...descriptor, names });
    }
    await target.destination.commit({ signal: session.signal });
    for (const image of pulled) session.output.result(image.digest, image);
  },
});

/** Opens what is pulled: by way of the cache, where there is one. */
async function viewer(
  scope: AsyncDisposableStack,
  cachePath: string | undefined,
): Promise<(source: OpenedSource) => View | Promise<View>> {
  if (cachePath === undefined) return ({ view }) => view;
  const { createLayout } = await import("../../lib/layout/open_layout.ts");
  const { cachedView } = await import("../console/cached_view.ts");
  const cache = scope.use(await createLayout(cachePath));
  return (source) => cachedView(source, cache);
}

/** The names that images get in a place; its location may have one for the only image. */
function namesFor(
  images: readonly Location[],
  to: Location,
  { annotateRef, own }: Pick<Flags, "annotateRef"> & { readonly own: readonly string[] },
): readonly (readonly string[])[] {
  if (own.length > 0 && images.length > 1) {
    throw new UsageError(`Cannot pull ${images.length} images under the one name "${own[0]}"`);
  }
  if (own.length > 0) return [own];
  return annotateRef === true ? images.map(inFull) : namesAtDestination(images, to);
}
