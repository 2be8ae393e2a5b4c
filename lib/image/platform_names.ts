import { formatPlatform, normalizePlatform, type Platform } from "../oci/platform.ts";

/** What attestations and the like have in place of a platform. */
const NONE = "unknown/unknown";

/** A platform by the one name it goes by, or that there is none, for messages. */
export function describePlatform(platform: Platform | undefined): string {
  const text = platform === undefined ? "" : formatPlatform(normalizePlatform(platform));
  return text === "" ? "no platform" : text;
}

/** The platforms there are, each once. */
export function availableNames(platforms: readonly (Platform | undefined)[]): readonly string[] {
  return [...new Set(platforms.map(describePlatform))].filter((name) => name !== NONE);
}

/** Lists them for a message: `available: linux/amd64, linux/arm64`. */
export function listAvailable(names: readonly string[]): string {
  return `available: ${names.length === 0 ? "no image at all" : names.join(", ")}`;
}
