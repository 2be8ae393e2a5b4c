import { UnsupportedError } from "../../lib/errors.ts";
import type { Index, View } from "../../lib/image/image.ts";
import { formatLocation, type Location } from "../../lib/places/location.ts";

/** The index that a location stands for; nothing else will do. */
export async function expectIndex(view: View, location: Location): Promise<Index> {
  if (view.kind === "index") return view;
  const { mediaType } = await view.descriptor();
  throw new UnsupportedError(
    `Cannot open "${formatLocation(location)}" as an index: expected an index, got ` +
      `"${mediaType}"; "davit index create ${formatLocation(location)} -t NAME" makes one of it`,
  );
}
