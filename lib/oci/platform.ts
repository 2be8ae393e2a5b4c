import { present } from "./present.ts";

/**
 * What an image runs on.
 *
 * @see {@link https://github.com/opencontainers/image-spec/blob/main/image-index.md image-spec, image index, platform}
 */
export interface Platform {
  /** GOOS: `linux`, `windows`. */
  readonly os: string;
  /** GOARCH: `amd64`, `arm64`; empty for any, and in a document that does not say. */
  readonly architecture: string;
  /** CPU variant: `v7`, `v8`. */
  readonly variant?: string;
  /** Operating-system version, for Windows: `10.0.17763.1`. */
  readonly "os.version"?: string;
  /** Required features of the operating system. */
  readonly "os.features"?: readonly string[];
  /** Required features of the CPU (deprecated in the specification, still found). */
  readonly features?: readonly string[];
}

const PART = "([A-Za-z0-9_.-]+)";
const PLATFORM_REGEXP = new RegExp(`^${PART}(?:/${PART}(?:/${PART})?)?(?::${PART})?$`);

/**
 * Turns text into a platform, as it is written: see {@linkcode normalizePlatform} for aliases. An
 * operating system alone stands for all its architectures.
 *
 * @throws {SyntaxError} When the text is not `os[/architecture[/variant]][:os.version]`.
 * @example
 * ```ts
 * import { parsePlatform } from "@davit/davit/oci";
 *
 * const { architecture, variant } = parsePlatform("linux/arm/v7");
 * console.assert(architecture === "arm" && variant === "v7");
 * ```
 */
export function parsePlatform(text: string): Platform {
  const match = PLATFORM_REGEXP.exec(text);
  if (match === null) {
    throw new SyntaxError(
      `Cannot parse platform ${
        JSON.stringify(text.slice(0, 100))
      }: expected os[/architecture[/variant]][:os.version], such as "linux/arm64"`,
    );
  }
  const [, os = "", architecture = "", variant, version] = match;
  return present({ os, architecture, variant, "os.version": version });
}

/**
 * Turns a platform into text; the features do not show.
 *
 * @example
 * ```ts
 * import { formatPlatform } from "@davit/davit/oci";
 *
 * console.assert(formatPlatform({ os: "linux", architecture: "amd64" }) === "linux/amd64");
 * ```
 */
export function formatPlatform(platform: Platform): string {
  const { os, architecture, variant = "", "os.version": version = "" } = platform;
  const name = [os, architecture, variant].filter((part) => part !== "").join("/");
  return version === "" ? name : `${name}:${version}`;
}

/**
 * The platform of containers on this machine: Linux, whatever the machine itself runs, for its CPU.
 *
 * @example
 * ```ts
 * import { hostPlatform } from "@davit/davit/oci";
 *
 * console.assert(hostPlatform().os === "linux");
 * ```
 */
export function hostPlatform(): Platform {
  return normalizePlatform({ os: "linux", architecture: Deno.build.arch });
}

const OS_ALIASES: ReadonlyMap<string, string> = new Map([["macos", "darwin"]]);

const ARCHITECTURE_ALIASES: ReadonlyMap<string, readonly [string, string?]> = new Map([
  ["i386", ["386"]],
  ["i686", ["386"]],
  ["x86_64", ["amd64"]],
  ["x86-64", ["amd64"]],
  ["aarch64", ["arm64"]],
  ["armhf", ["arm", "v7"]],
  ["armel", ["arm", "v6"]],
]);

const BASE_VARIANTS: ReadonlyMap<string, string> = new Map([
  ["amd64", "v1"],
  ["arm", "v7"],
  ["arm64", "v8"],
]);

/** The variant that an architecture has when none is named, where it has one. */
export function baseVariantOf(architecture: string): string | undefined {
  return BASE_VARIANTS.get(architecture);
}

/**
 * Gives a platform the one name it goes by: lower case, Go's names (`x86_64` is `amd64`, `aarch64`
 * is `arm64`), no variant where it says nothing (`arm64/v8`, `amd64/v1`), and `v7` for plain `arm`.
 *
 * @example
 * ```ts
 * import { formatPlatform, normalizePlatform, parsePlatform } from "@davit/davit/oci";
 *
 * const platform = normalizePlatform(parsePlatform("linux/aarch64/v8"));
 * console.assert(formatPlatform(platform) === "linux/arm64");
 * ```
 */
export function normalizePlatform(platform: Platform): Platform {
  const os = platform.os.toLowerCase();
  const name = platform.architecture.toLowerCase();
  const [architecture, implied] = ARCHITECTURE_ALIASES.get(name) ?? [name];
  const base = baseVariantOf(architecture);
  const variant = normalizeVariant(platform.variant) ?? implied ?? base;
  const saysNothing = variant === base && architecture !== "arm";
  return present({
    ...platform,
    os: OS_ALIASES.get(os) ?? os,
    architecture,
    variant: saysNothing ? undefined : variant,
  });
}

function normalizeVariant(variant = ""): string | undefined {
  if (variant === "") return undefined;
  const name = variant.toLowerCase();
  return /^[0-9]/.test(name) ? `v${name}` : name;
}
