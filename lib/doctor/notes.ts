import { DavitError, RegistryError, UnauthorizedError } from "../errors.ts";
import type { Finding, Probe, Verdict } from "./diagnosis.ts";

/** What a probe saw. */
export type Seen = readonly [verdict: Verdict, detail: string];

/** Writes findings down as they are made. */
export class Notes {
  readonly #findings: Finding[] = [];
  readonly #onFinding: (finding: Finding) => void;
  readonly #signal: AbortSignal | undefined;

  /** @param onFinding Told of each finding at once. */
  constructor(onFinding: (finding: Finding) => void, signal: AbortSignal | undefined) {
    this.#onFinding = onFinding;
    this.#signal = signal;
  }

  /** What was found so far. */
  get findings(): readonly Finding[] {
    return this.#findings;
  }

  /** Writes down what was seen. */
  add(check: Probe, [verdict, detail]: Seen): void {
    const finding = { check, verdict, detail };
    this.#findings.push(finding);
    this.#onFinding(finding);
  }

  /**
   * Tries something, and writes down what was seen, or why it could not be tried.
   *
   * @param otherwise What a failure means.
   */
  async try(
    check: Probe,
    probe: () => Promise<Seen>,
    otherwise: Verdict = "unknown",
  ): Promise<boolean> {
    try {
      const seen = await probe();
      this.add(check, seen);
      return seen[0] === "yes";
    } catch (error) {
      this.#signal?.throwIfAborted();
      if (!(error instanceof DavitError)) throw error;
      this.add(check, [otherwise, explain(error)]);
      return false;
    }
  }
}

/** Why something failed, in plain words, with what to do. */
function explain(error: DavitError): string {
  const reason = error.message.replace(/^Cannot /, "cannot ");
  if (error instanceof UnauthorizedError && error.status === 403) {
    return `${reason}: who asks is known but may not do this`;
  }
  if (!(error instanceof RegistryError)) return reason;
  if (error.status === 429) return `${reason}: too many requests; wait, or sign in for more`;
  if (error.status >= 500) {
    return `${reason}: the registry has a fault; its operator's log says more`;
  }
  return reason;
}
