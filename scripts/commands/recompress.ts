import { buildCommand, type Command } from "@stricli/core";
import { COMPRESSION_FLAGS, type CompressionFlags } from "../console/compression_flags.ts";
import type { Context } from "../console/context.ts";
import { EDIT_ALIASES, EDIT_FLAGS, type EditFlags, openEdited } from "../console/edit_target.ts";
import { UsageError } from "../console/exit_code.ts";
import { Session } from "../console/session.ts";
import { recompressImages } from "../../lib/image/recompress.ts";
import { present } from "../../lib/oci/present.ts";
import { type Location, parseLocation } from "../../lib/places/location.ts";

interface Flags extends EditFlags, CompressionFlags {}

/** `davit recompress IMAGE` */
export const command: Command<Context> = buildCommand({
  docs: {
    brief: "Compress an image's layers in another way",
    fullDescription:
      `Compress the layers in another way. Files and config stay as they are; so do layers that are
compressed so already, unless --level is given. Of an index every platform's image gets it.

  davit recompress --compression zstd --level 9 registry.example/app:v1 -t registry.example/app:zstd
  davit recompress --compression none oci:layout:v1`,
  },
  parameters: {
    flags: { ...COMPRESSION_FLAGS, ...EDIT_FLAGS },
    aliases: EDIT_ALIASES,
    positional: {
      kind: "tuple",
      parameters: [{ brief: "Image", placeholder: "IMAGE", parse: parseLocation }],
    },
  },
  async func(this: Context, flags: Flags, location: Location): Promise<void> {
    const { compression, level, workers, only: platforms } = flags;
    if (compression === undefined && level === undefined) {
      throw new UsageError("Cannot recompress: expected --compression or --level");
    }
    await using scope = new AsyncDisposableStack();
    const session = scope.use(new Session(this, flags));
    const { view, write } = await openEdited(session, scope, { location, flags });
    const options = present({ compression, level, workers, platforms });
    await write(await recompressImages(view, options));
  },
});
