import { buildCommand, type Command } from "@stricli/core";
import type { Context } from "../console/context.ts";
import { PLATFORM_FLAGS, type PlatformFlags } from "../console/flags.ts";
import { Session } from "../console/session.ts";
import { writeBytes } from "../console/write_bytes.ts";
import { selectImage } from "../../lib/image/select.ts";
import { hostPlatform } from "../../lib/oci/platform.ts";
import { type Location, parseLocation } from "../../lib/places/location.ts";
import { untilAborted } from "../../lib/stream/until_aborted.ts";

/** `davit config IMAGE` */
export const command: Command<Context> = buildCommand({
  docs: {
    brief: "Print the config of an image",
    fullDescription:
      `Print the exact bytes of an image's config. Of an index, the image for --platform, or for
this machine.`,
  },
  parameters: {
    flags: PLATFORM_FLAGS,
    aliases: { v: "verbose" },
    positional: {
      kind: "tuple",
      parameters: [{ brief: "Image", placeholder: "IMAGE", parse: parseLocation }],
    },
  },
  async func(this: Context, flags: PlatformFlags, location: Location): Promise<void> {
    await using session = new Session(this, flags);
    await using source = await session.open(location);
    const { view } = source;
    const platform = session.platform ?? (view.kind === "index" ? hostPlatform() : undefined);
    const { signal } = session;
    const image = await selectImage(view, platform, { signal });
    await writeBytes(this.stdout, await untilAborted(image.config(), signal));
  },
});
