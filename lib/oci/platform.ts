/**
 * What an image runs on.
 *
 * @see {@link https://github.com/opencontainers/image-spec/blob/main/image-index.md image-spec, image index, platform}
 */
export interface Platform {
  /** GOOS: `linux`, `windows`. */
  readonly os: string;
  /** GOARCH: `amd64`, `arm64`. */
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
