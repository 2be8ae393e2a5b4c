import type { Action } from "./access.ts";

/** How a registry gives tokens. */
export interface TokenOptions {
  /**
   * Where clients reach the registry: `https://registry.example`. The address that they asked,
   * unless said: behind a proxy, it is another one.
   */
  readonly url?: string;
  /** How long a token counts, in seconds; 300 unless said. Docker takes less than 60 for 60. */
  readonly lifetimeSeconds?: number;
}

/** What a token lets its holder do to one thing. */
export interface TokenAccess {
  /** `repository`, or `registry`. */
  readonly type: string;
  /** The repository's name, or `catalog`. */
  readonly name: string;
  readonly actions: readonly string[];
}

/** What a token says. */
export interface TokenClaims {
  /** Who it was given to; empty for everybody. */
  readonly sub: string;
  /** When it stops counting, in seconds since the epoch. */
  readonly exp: number;
  readonly access: readonly TokenAccess[];
}

const MAX_REMEMBERED = 1000;
const ES256 = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;

/**
 * Gives tokens and knows its own: JSON Web Tokens, signed with a key that lives as long as this
 * process. A token of an earlier one is refused, and its holder gets another.
 *
 * @see {@link https://distribution.github.io/distribution/spec/auth/jwt/ Docker registry, token authentication}
 */
export class Tokens {
  /** How long a token counts, in seconds. */
  readonly lifetimeSeconds: number;
  readonly #remembered = new Map<string, TokenClaims>();
  #keys: Promise<CryptoKeyPair> | undefined;

  constructor({ lifetimeSeconds = 300 }: TokenOptions) {
    this.lifetimeSeconds = lifetimeSeconds;
  }

  /** Makes a token. */
  async issue(service: string, user: string, access: readonly TokenAccess[]): Promise<string> {
    const now = Math.floor(Date.now() / 1000);
    const claims = {
      iss: service,
      aud: service,
      sub: user,
      iat: now,
      nbf: now,
      exp: now + this.lifetimeSeconds,
      jti: crypto.randomUUID(),
      access,
    };
    const signed = `${encode({ typ: "JWT", alg: "ES256" })}.${encode(claims)}`;
    const { privateKey } = await this.#pair();
    const signature = await crypto.subtle.sign(ES256, privateKey, toBytes(signed));
    return `${signed}.${toText(new Uint8Array(signature))}`;
  }

  /** What a token says; `undefined` when it is not one of ours, or counts no more. */
  async read(token: string): Promise<TokenClaims | undefined> {
    const claims = this.#remembered.get(token) ?? await this.#verify(token);
    if (claims === undefined || claims.exp * 1000 <= Date.now()) {
      this.#remembered.delete(token);
      return undefined;
    }
    return claims;
  }

  async #verify(token: string): Promise<TokenClaims | undefined> {
    const [, signed = "", payload = "", signature = ""] =
      /^([\w-]+\.([\w-]+))\.([\w-]+)$/.exec(token) ?? [];
    const { publicKey } = await this.#pair();
    const isOurs = signature !== "" &&
      await crypto.subtle.verify(ES256, publicKey, toRaw(signature), toBytes(signed));
    if (!isOurs) return undefined;
    const claims: TokenClaims = JSON.parse(new TextDecoder().decode(toRaw(payload)));
    this.#remembered.set(token, claims);
    const [oldest] = this.#remembered.keys();
    if (this.#remembered.size > MAX_REMEMBERED && oldest) this.#remembered.delete(oldest);
    return claims;
  }

  #pair(): Promise<CryptoKeyPair> {
    return this.#keys ??= crypto.subtle.generateKey(ES256, false, ["sign", "verify"]);
  }
}

/** Whether a token lets its holder do something to a repository. */
export function tokenAllows(
  { access }: TokenClaims,
  action: Action,
  repository: string,
): boolean {
  return access.some(({ type, name, actions }) =>
    type === "repository" && name === repository && actions.includes(action)
  );
}

function encode(value: unknown): string {
  return toText(toBytes(JSON.stringify(value)));
}

function toBytes(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

function toText(bytes: Uint8Array): string {
  return bytes.toBase64({ alphabet: "base64url", omitPadding: true });
}

/** Nothing that can be signed, of text that is not base64. */
function toRaw(text: string): Uint8Array<ArrayBuffer> {
  try {
    return Uint8Array.fromBase64(text, { alphabet: "base64url" });
  } catch {
    return new Uint8Array();
  }
}
