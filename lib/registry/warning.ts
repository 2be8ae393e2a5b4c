/** A notice from a registry's operator, such as a coming end of service. */
export interface RegistryWarning {
  /** The registry, `host[:port]`. */
  readonly registry: string;
  /** What it says, in one line. */
  readonly text: string;
}

/**
 * The texts of a `Warning` header.
 *
 * @see {@link https://github.com/opencontainers/distribution-spec/blob/main/spec.md#warnings distribution-spec, warnings}
 */
export function parseWarnings(header: string | null): string[] {
  return [...(header ?? "").matchAll(/(?:^|,)\s*299 \S+ "((?:[^"\\]|\\.)*)"/g)]
    .map(([, text = ""]) => text.replaceAll(/\\(.)/g, "$1").replaceAll(/\p{Cc}+/gu, " ").trim())
    .filter(Boolean);
}
