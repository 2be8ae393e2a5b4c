import type { View } from "../../lib/image/image.ts";
import { listImages } from "../../lib/image/select.ts";
import type { Platform } from "../../lib/oci/platform.ts";
import { matchesPlatform } from "../../lib/oci/platform_match.ts";
import { compactJson, indentJson } from "../../lib/oci/json_layout.ts";
import { availableNames, listAvailable } from "../../lib/image/platform_names.ts";
import type { Image } from "../../lib/image/image.ts";
import { PlatformError } from "../../lib/errors.ts";
import type { Context } from "./context.ts";
import { editText } from "./edit_text.ts";

/**
 * Has a JSON document edited. An editor is shown it over lines; a document of one line is one again
 * afterwards. What is piped in is taken to the byte.
 *
 * @returns `undefined` when nothing changed.
 */
export async function editJson(
  context: Context,
  read: () => Promise<Uint8Array>,
): Promise<Uint8Array | undefined> {
  let isOneLine = false;
  const edited = await editText(context, {
    suffix: ".json",
    async open() {
      const text = new TextDecoder().decode(await read());
      isOneLine = text === compactJson(text);
      return new TextEncoder().encode(isOneLine ? indentJson(text) : text);
    },
  });
  if (edited === undefined || !isOneLine) return edited;
  return new TextEncoder().encode(compactJson(new TextDecoder().decode(edited)));
}

/**
 * Finds the one image that is edited: a single one, or that of an index for the platform.
 *
 * @throws {PlatformError} When several fit; it lists them.
 */
export async function onlyImage(
  view: View,
  platforms: readonly Platform[],
): Promise<Image> {
  const images = await listImages(view);
  const fitting = platforms.length === 0
    ? images
    : images.filter(({ platform }) =>
      platform !== undefined && platforms.some((wanted) => matchesPlatform(platform, wanted))
    );
  const [only, ...others] = fitting;
  if (only !== undefined && others.length === 0) return only.image;
  const available = availableNames(images.map(({ platform }) => platform));
  throw new PlatformError(
    `Cannot edit ${
      fitting.length === 0 ? "no image" : "several images"
    } at once: expected --only ` +
      `PLATFORM for one of the index; ${listAvailable(available)}`,
    available,
  );
}
