import { NetworkError } from "../errors.ts";
import { registryScheme } from "../oci/registry_name.ts";
import { Permits } from "../store/permits.ts";
import { type Answer, discard } from "./answer.ts";
import type { Need } from "./authority.ts";
import { isOtherProtocol, isUntrusted } from "./network_error.ts";
import type { Peer } from "./peer.ts";
import { markTemporary, retryHint } from "./retry.ts";
import { untilAborted } from "../stream/until_aborted.ts";

/** How a registry may be spoken to. */
export interface Candidate {
  /** Scheme, host and port. */
  readonly origin: URL;
  /** Whether its certificate counts. */
  readonly verified: boolean;
}

/**
 * The ways to speak to a registry, the wanted one first: https alone, unless the registry is on this
 * machine (plain http first) or is allowed to be insecure (https that nobody vouches for, then http).
 */
export function candidatesOf(registry: string, insecure: boolean): readonly Candidate[] {
  const https = { origin: new URL(`https://${registry}/`), verified: true };
  const http = { origin: new URL(`http://${registry}/`), verified: true };
  const secure = insecure ? [https, { ...https, verified: false }] : [https];
  if (registryScheme(registry) === "http") return [http, ...secure];
  return insecure ? [...secure, http] : [https];
}

/** One registry: finds out by its first request how it wants to be spoken to, and remembers. */
export class Endpoint {
  readonly #candidates: readonly Candidate[];
  readonly #meet: (candidate: Candidate) => Peer;
  readonly #first: Permits = new Permits(1);
  #peer: Peer | undefined;

  /** @param meet Makes the peer of a candidate. */
  constructor(candidates: readonly Candidate[], meet: (candidate: Candidate) => Peer) {
    this.#candidates = candidates;
    this.#meet = meet;
  }

  /** Makes a request of the peer; while it is not known, of each candidate until one understands. */
  async send(
    attempt: (peer: Peer) => Promise<Answer>,
    signal: AbortSignal | undefined,
  ): Promise<Answer> {
    if (this.#peer !== undefined) return await attempt(this.#peer);
    const discover = async () =>
      this.#peer === undefined ? await this.#discover(attempt) : undefined;
    const answer = await untilAborted(this.#first.run(discover, signal), signal);
    return answer ?? await this.send(attempt, signal);
  }

  /** What to do about a refusal. */
  async advice(need: Need): Promise<string> {
    return await this.#peer?.advice(need) ?? "";
  }

  /** The `Authorization` that the peer wants; none while it is not known, or wants none. */
  async authorization(need: Need): Promise<string | undefined> {
    return await this.#peer?.authorization(need);
  }

  async #discover(attempt: (peer: Peer) => Promise<Answer>): Promise<Answer> {
    const failures: NetworkError[] = [];
    let doubtful: { readonly peer: Peer; readonly answer: Answer } | undefined;
    for (const candidate of this.#candidates) {
      if (!candidate.verified && !failures.some(isUntrusted)) continue;
      const peer = this.#meet(candidate);
      try {
        const answer = await attempt(peer);
        if (!isMisunderstood(answer)) {
          if (doubtful !== undefined) await discard(doubtful.answer);
          this.#peer = peer;
          return answer;
        }
        doubtful = { peer, answer };
      } catch (error) {
        if (!isOtherProtocol(error)) throw error;
        failures.push(error);
      }
    }
    if (doubtful === undefined) throw joined(failures);
    if (failures.some(isUntrusted)) {
      await discard(doubtful.answer);
      throw joined(failures);
    }
    this.#peer = doubtful.peer;
    return doubtful.answer;
  }
}

/** A server that speaks https answers a plain request with 400, if at all. */
function isMisunderstood({ status, url }: Answer): boolean {
  return status === 400 && url.protocol === "http:";
}

function joined(failures: readonly NetworkError[]): NetworkError {
  const telling = failures.length === 1 ? failures[0] : failures.find(isUntrusted);
  if (telling !== undefined) return telling;
  const reasons = failures.map(({ message }) => message.replace(/^Cannot /, "")).join("; ");
  const error = new NetworkError(`Cannot reach the registry: ${reasons}`, { cause: failures });
  const mayPass = failures.some((failure) => retryHint(failure) !== undefined);
  return mayPass ? markTemporary(error) : error;
}
