import { baseVariantOf, normalizePlatform, type Platform } from "./platform.ts";

/**
 * Says whether what is given satisfies all that is wanted. What is wanted may leave things out: no
 * architecture or variant stands for any, and features may be more than were asked for. Aliases
 * meet: `linux/aarch64` satisfies `linux/arm64/v8`.
 *
 * @example
 * ```ts
 * import { matchesPlatform, parsePlatform } from "@davit/davit/oci";
 *
 * console.assert(matchesPlatform(parsePlatform("linux/arm/v7"), parsePlatform("linux/arm")));
 * console.assert(!matchesPlatform(parsePlatform("linux/arm/v7"), parsePlatform("linux/arm/v6")));
 * ```
 */
export function matchesPlatform(given: Platform, wanted: Platform): boolean {
  const one = normalizePlatform(given);
  const other = normalizePlatform(wanted);
  return isSameKind(one, other) &&
    (!isSet(wanted.variant) || variantOf(one) === variantOf(other)) &&
    (!isSet(other["os.version"]) || one["os.version"] === other["os.version"]);
}

/**
 * Chooses what runs best on the wanted platform, or `undefined` when nothing runs on it. The same
 * variant comes first, then the next lower one (`arm/v7`, `v6`, `v5`; `arm64/v8` is plain `arm64`),
 * and, when no variant was named, any other. Windows needs the same build (`10.0.17763`), best the
 * same version. Of equals the first is chosen. What names no platform, or `unknown` (an
 * attestation), is never chosen unless that was asked for.
 *
 * @example
 * ```ts
 * import { bestMatch, parsePlatform } from "@davit/davit/oci";
 *
 * const candidates = ["linux/arm/v5", "linux/arm/v6", "linux/arm64"].map((text) => (
 *   { text, platform: parsePlatform(text) }
 * ));
 * const best = bestMatch(candidates, parsePlatform("linux/arm/v7"));
 * console.assert(best?.text === "linux/arm/v6");
 * ```
 */
export function bestMatch<T extends { readonly platform?: Platform | undefined }>(
  candidates: readonly T[],
  wanted: Platform,
): T | undefined {
  let best: T | undefined;
  let shortest = Infinity;
  for (const candidate of candidates) {
    const { platform } = candidate;
    const distance = platform === undefined ? Infinity : distanceBetween(platform, wanted);
    if (distance >= shortest) continue;
    best = candidate;
    shortest = distance;
  }
  return best;
}

/** Farther than any steps between variants. */
const OTHER_VARIANT = 1_000;
/** Farther than any variant: the version decides first. */
const OTHER_REVISION = 1_000_000;

/** How far what is given is from what is wanted; `Infinity` when it does not run there. */
function distanceBetween(given: Platform, wanted: Platform): number {
  const one = normalizePlatform(given);
  const other = normalizePlatform(wanted);
  if (!isSameKind(one, other)) return Infinity;
  return versionDistance(one, other) + variantDistance(one, other, isSet(wanted.variant));
}

function variantDistance(given: Platform, wanted: Platform, isNamed: boolean): number {
  const variant = variantOf(given);
  const target = variantOf(wanted);
  if (variant === target) return 0;
  const steps = levelOf(target) - levelOf(variant);
  if (steps > 0) return steps;
  return isNamed ? Infinity : OTHER_VARIANT;
}

function versionDistance(given: Platform, wanted: Platform): number {
  const version = given["os.version"] ?? "";
  const target = wanted["os.version"] ?? "";
  if (target === "" || version === target) return 0;
  const isSameBuild = given.os === "windows" && buildOf(version) === buildOf(target);
  return isSameBuild ? OTHER_REVISION : Infinity;
}

/** Same system and CPU family, and every feature that is wanted. */
function isSameKind(given: Platform, wanted: Platform): boolean {
  const isSameCpu = given.architecture === wanted.architecture ||
    wanted.architecture === "" && given.architecture !== "unknown";
  return given.os === wanted.os && isSameCpu &&
    includesAll(given["os.features"], wanted["os.features"]) &&
    includesAll(given.features, wanted.features);
}

function includesAll(given: readonly string[] = [], wanted: readonly string[] = []): boolean {
  return wanted.every((feature) => given.includes(feature));
}

function variantOf({ architecture, variant }: Platform): string | undefined {
  return variant ?? baseVariantOf(architecture);
}

/** `v8.1` is 8.1; what has no number is beyond comparison. */
function levelOf(variant = ""): number {
  return /^v[0-9]+(?:\.[0-9]+)?$/.test(variant) ? Number(variant.slice(1)) : NaN;
}

/** `10.0.17763` of `10.0.17763.1`: what Windows containers must share with their host. */
function buildOf(version: string): string {
  return version.split(".", 3).join(".");
}

function isSet(text = ""): boolean {
  return text !== "";
}
