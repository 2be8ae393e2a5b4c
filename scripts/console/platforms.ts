import type { TypedFlagParameter } from "@stricli/core";
import type { View } from "../../lib/image/image.ts";
import { listImages, missingPlatform, selectImage } from "../../lib/image/select.ts";
import { formatPlatform, parsePlatform, type Platform } from "../../lib/oci/platform.ts";
import { matchesPlatform } from "../../lib/oci/platform_match.ts";
import type { Destination } from "../../lib/store/store.ts";
import { UnsupportedError } from "../../lib/errors.ts";
import type { Context } from "./context.ts";
import type { Session } from "./session.ts";

/** What `--platform` says where it may be said several times. */
export type ChosenPlatforms = readonly (Platform | "all")[] | undefined;

/** The flag: one platform means its image, several an index of them. */
export const PLATFORMS_FLAG: TypedFlagParameter<ChosenPlatforms, Context> = {
  kind: "parsed",
  brief: "os/arch[/variant][:osversion]; several stay an index",
  placeholder: "PLATFORM",
  parse: (text: string) => text === "all" ? text : parsePlatform(text),
  optional: true,
  variadic: ",",
};

/**
 * Narrows a view to the platforms: to one image, or to an index of several, with the attestations
 * about them; then the user is told, for the index is another one than the source's.
 *
 * @throws {PlatformError} When one of the platforms is not there.
 * @throws {UnsupportedError} When the destination holds single images only.
 */
export async function narrow(
  view: View,
  platforms: ChosenPlatforms,
  { session, destination }: { readonly session: Session; readonly destination: Destination },
): Promise<View> {
  const { signal } = session;
  if (platforms === undefined) return view;
  if (platforms.includes("all")) {
    if (view.kind === "index" && (await listImages(view)).length > 1) {
      requireIndexes(destination, "all platforms");
    }
    return view;
  }
  const wanted = platforms.filter((platform) => platform !== "all");
  const [only, ...others] = wanted;
  if (only === undefined) return view;
  if (others.length === 0 || view.kind !== "index") {
    return await selectImage(view, only, { signal });
  }
  const names = wanted.map(formatPlatform).join(", ");
  requireIndexes(destination, names);
  const images = await listImages(view);
  for (const platform of wanted) {
    const isThere = images.some((image) =>
      image.platform !== undefined && matchesPlatform(image.platform, platform)
    );
    if (!isThere) throw missingPlatform(platform, images);
  }
  const { filterIndex } = await import("../../lib/image/filter_index.ts");
  const filtered = await filterIndex(view, wanted);
  const [before, after] = [await view.descriptor(), await filtered.descriptor()];
  if (before.digest !== after.digest) {
    session.output.note(`the index is a new one, with ${names} of ${before.digest}`);
  }
  return filtered;
}

function requireIndexes({ accepts, label }: Destination, platforms: string): void {
  if (accepts.index) return;
  throw new UnsupportedError(
    `Cannot write images for ${platforms} to ${label}: expected one platform, for it holds single ` +
      "images; a registry, an OCI layout (oci:DIR) or an OCI archive (oci-archive:FILE) holds all",
  );
}
