import { buildCommand, type Command } from "@stricli/core";
import type { Context } from "../console/context.ts";
import { UsageError } from "../console/exit_code.ts";
import { PLATFORM_FLAGS, type PlatformFlags } from "../console/flags.ts";
import { Session } from "../console/session.ts";
import { selectImage } from "../../lib/image/select.ts";
import type { Descriptor } from "../../lib/oci/descriptor.ts";
import { formatReference } from "../../lib/oci/reference.ts";
import { type Location, parseLocation } from "../../lib/places/location.ts";

interface Flags extends PlatformFlags {
  readonly tarball?: string;
  readonly fullRef?: boolean;
}

/** `davit digest IMAGE` */
export const command: Command<Context> = buildCommand({
  docs: {
    brief: "Print the digest of an image",
    fullDescription:
      `Print the digest of an image or index; with --platform, of the image for that platform.

  davit digest nginx:alpine
  davit digest --platform linux/arm64 nginx:alpine`,
  },
  parameters: {
    flags: {
      tarball: {
        kind: "parsed",
        brief: "A docker save tarball to read instead: the digest that a push of it would give",
        placeholder: "FILE",
        parse: String,
        optional: true,
      },
      fullRef: {
        kind: "boolean",
        brief: "Print the name with the digest",
        optional: true,
        withNegated: false,
      },
      ...PLATFORM_FLAGS,
    },
    aliases: { v: "verbose" },
    positional: {
      kind: "tuple",
      parameters: [
        { brief: "Image", placeholder: "IMAGE", parse: parseLocation, optional: true },
      ],
    },
  },
  async func(this: Context, flags: Flags, image?: Location): Promise<void> {
    const location = chooseLocation(flags, image);
    await using session = new Session(this, flags);
    const { digest, ...rest } = await describe(session, location);
    if (flags.fullRef !== true) return session.output.result(digest, { digest, ...rest });
    if (location.kind !== "registry") {
      throw new UsageError("Cannot print a full name: expected an image in a registry");
    }
    const { registry, repository } = location.reference;
    const name = formatReference({ registry, repository, digest });
    session.output.result(name, { digest, ...rest, reference: name });
  },
});

function chooseLocation({ tarball, fullRef }: Flags, image: Location | undefined): Location {
  if (tarball === undefined && image !== undefined) return image;
  if (tarball === undefined) throw new UsageError("Cannot print a digest: expected an image");
  if (fullRef === true) throw new UsageError("Cannot use --full-ref with --tarball");
  if (image?.kind !== "registry") return { kind: "path", path: tarball };
  return { kind: "docker-archive", path: tarball, name: formatReference(image.reference) };
}

async function describe(session: Session, location: Location): Promise<Descriptor> {
  const { platform, signal } = session;
  const isRemote = location.kind === "registry" && platform === undefined;
  if (isRemote && !await session.isElsewhere(location.reference)) {
    const repository = await session.repository(location.reference);
    const { tag = "latest", digest } = location.reference;
    return await repository.resolve(digest ?? tag, { signal });
  }
  await using source = await session.open(location);
  const { view } = source;
  if (platform === undefined) return await view.descriptor();
  return await (await selectImage(view, platform, { signal })).descriptor();
}
