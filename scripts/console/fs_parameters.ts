import type { TypedPositionalParameters } from "@stricli/core";
import { ImageFiles } from "../../lib/inspect/image_files.ts";
import { type Location, parseLocation } from "../../lib/places/location.ts";
import type { Context } from "./context.ts";
import { openImage } from "./open_image.ts";
import type { Session } from "./session.ts";

/** The arguments that say where in an image to look: all of it, unless said. */
export const IMAGE_AND_PATH: TypedPositionalParameters<[Location, string], Context> = {
  kind: "tuple",
  parameters: [
    { brief: "Image", placeholder: "IMAGE", parse: parseLocation },
    { brief: "Path in the image", placeholder: "PATH", parse: String, default: "/" },
  ],
};

/** Opens the files of one image. @param scope Owns them. */
export async function openFiles(
  session: Session,
  scope: AsyncDisposableStack,
  location: Location,
): Promise<ImageFiles> {
  const { image } = scope.use(await openImage(session, location));
  return scope.use(new ImageFiles(image, { signal: session.signal }));
}
