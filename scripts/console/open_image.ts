import type { Image } from "../../lib/image/image.ts";
import { selectImage } from "../../lib/image/select.ts";
import { hostPlatform } from "../../lib/oci/platform.ts";
import type { Location } from "../../lib/places/location.ts";
import type { Session } from "./session.ts";

/** One image of a place that is open. */
export interface OpenedImage extends AsyncDisposable {
  /** The image. */
  readonly image: Image;
}

/** Opens one image: of an index, that for `--platform`, or for this machine. */
export async function openImage(session: Session, location: Location): Promise<OpenedImage> {
  await using scope = new AsyncDisposableStack();
  const { view } = scope.use(await session.open(location));
  const platform = session.platform ?? (view.kind === "index" ? hostPlatform() : undefined);
  const image = await selectImage(view, platform, { signal: session.signal });
  const owned = scope.move();
  return { image, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}
