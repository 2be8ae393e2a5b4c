import { buildCommand, type Command } from "@stricli/core";
import type { Context } from "../console/context.ts";
import { PLATFORM_FLAGS, type PlatformFlags } from "../console/flags.ts";
import { Session } from "../console/session.ts";
import { writeBytes } from "../console/write_bytes.ts";
import { selectImage } from "../../lib/image/select.ts";
import { type Location, parseLocation } from "../../lib/places/location.ts";
import { untilAborted } from "../../lib/stream/until_aborted.ts";
import { UnsupportedError } from "../../lib/errors.ts";

/** `davit manifest IMAGE` */
export const command: Command<Context> = buildCommand({
  docs: {
    brief: "Print the manifest or index of an image",
    fullDescription:
      `Print the exact bytes of an image's manifest, or of its index; with --platform, of the
manifest for that platform.`,
  },
  parameters: {
    flags: PLATFORM_FLAGS,
    aliases: { v: "verbose" },
    positional: {
      kind: "tuple",
      parameters: [{ brief: "Image", placeholder: "IMAGE", parse: parseLocation }],
    },
  },
  async func(this: Context, flags: PlatformFlags, image: Location): Promise<void> {
    await using session = new Session(this, flags);
    await using source = await session.open(image);
    const { view } = source;
    const { signal } = session;
    const chosen = session.platform === undefined
      ? view
      : await selectImage(view, session.platform, { signal });
    if (chosen.kind === "blob") {
      throw new UnsupportedError("Cannot print a manifest: expected an image, got a blob");
    }
    await writeBytes(this.stdout, await untilAborted(chosen.manifest(), signal));
  },
});
