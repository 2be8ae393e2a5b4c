/** What came out of a probe. */
export type Verdict =
  /** The registry does this. */
  | "yes"
  /** It does not; some clients or commands go another way then. */
  | "no"
  /** It could not be tried. */
  | "unknown"
  /** What every client needs does not work. */
  | "failed";

/** One thing that was tried. */
export interface Finding {
  /** What was tried, by a name that does not change between versions. */
  readonly check: Probe;
  /** How it came out. */
  readonly verdict: Verdict;
  /** What was seen, or what to do, in plain words. */
  readonly detail: string;
}

/** Everything that a doctor looks at, in its order. */
export const CHECKS = [
  "connect",
  "auth",
  "catalog",
  "tags",
  "pages",
  "digest-headers",
  "referrers",
  "referrers-filter",
  "range",
  "storage",
  "upload-single",
  "upload-chunked",
  "chunk-minimum",
  "mount",
  "mount-anonymous",
  "push",
  "subject",
  "delete-tag",
  "delete-manifest",
  "delete-blob",
  "clean-up",
  "rate-limit",
] as const;

/** The name of something that is tried. */
export type Probe = typeof CHECKS[number];

/** What a doctor found out about a registry. */
export interface Diagnosis {
  /** The registry, `host[:port]`. */
  readonly registry: string;
  /** The repository that was read, if one was named. */
  readonly repository?: string;
  /** The repository that was written to, if one was named. */
  readonly scratch?: string;
  /** Whether nothing that every client needs failed. */
  readonly isWell: boolean;
  /** What was tried. */
  readonly findings: readonly Finding[];
}
