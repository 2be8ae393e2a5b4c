import type { View } from "../../lib/image/image.ts";
import { findConflicts, type RebaseConflicts } from "../../lib/image/rebase_conflicts.ts";
import { listImages } from "../../lib/image/select.ts";
import { formatPlatform, type Platform } from "../../lib/oci/platform.ts";
import { matchesPlatform } from "../../lib/oci/platform_match.ts";
import type { ResolvedBases } from "./rebase_bases.ts";
import type { Session } from "./session.ts";

/** What is compared. */
export interface ReportOptions extends Pick<ResolvedBases, "basesOf"> {
  /** The platforms; all when empty. */
  readonly platforms: readonly Platform[];
}

/**
 * Prints what both an image and its new base changed, a line each.
 *
 * @throws {Error} When there is anything, so that scripts can tell.
 */
export async function reportConflicts(
  { output, signal }: Session,
  view: View,
  { platforms, basesOf }: ReportOptions,
): Promise<void> {
  let count = 0;
  const images = (await listImages(view)).filter(({ platform }) =>
    platforms.length === 0 ||
    platform !== undefined && platforms.some((wanted) => matchesPlatform(platform, wanted))
  );
  for (const { image, platform } of images) {
    const name = platform === undefined ? "unknown" : formatPlatform(platform);
    const conflicts = await findConflicts(image, await basesOf(image), { signal });
    const prefix = images.length > 1 ? `${name} ` : "";
    for (const { text, data } of linesOf(conflicts)) {
      output.result(`${prefix}${text}`, { platform: name, ...data });
      count++;
    }
  }
  if (count > 0) throw new Error(`Cannot rebase without a look: ${count} changed on both sides`);
}

function linesOf({ paths, config }: RebaseConflicts) {
  return [
    ...paths.map((conflict) => ({
      text: `path ${conflict.path}: ${conflict.image} by the image, ${conflict.base} by the base`,
      data: { kind: "path", ...conflict },
    })),
    ...config.map((conflict) => ({
      text: `config ${conflict.field}: ${show(conflict.oldBase)} became ` +
        `${show(conflict.newBase)} in the base, the image keeps ${show(conflict.image)}`,
      data: { kind: "config", ...conflict },
    })),
  ];
}

function show(value: unknown): string {
  return value === undefined ? "nothing" : JSON.stringify(value);
}
