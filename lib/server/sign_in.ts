import { type Auth, EVERYTHING, type Grant, grantsOf } from "./access.ts";
import { Refusal } from "./refusal.ts";
import { tokenAllows, Tokens } from "./tokens.ts";

const VERIFIED_MS = 5 * 60 * 1000;
const MAX_VERIFIED = 1000;
/** What clients ask of may be anything; what they are told to ask of may not. */
const ORIGIN = /^(https?:\/\/[\w.:[\]-]+)(?:[/?#]|$)/;

interface Verification {
  readonly since: number;
  readonly isRight: Promise<boolean>;
}

/** A user as clients name it. */
export interface Pair {
  readonly user: string;
  readonly password: string;
}

/**
 * Finds out who sends requests. Good password hashes are slow on purpose, so that a pair that was
 * right counts as right for a while; it is remembered under a keyed hash, and never as it is.
 */
export class SignIn {
  /** What gives tokens, if something does. */
  readonly tokens: Tokens | undefined;
  readonly #auth: Auth | undefined;
  readonly #grant: (user?: string) => Grant;
  readonly #verified = new Map<string, Verification>();
  #key: Promise<CryptoKey> | undefined;

  constructor(auth: Auth | undefined) {
    this.#auth = auth;
    this.tokens = auth?.tokens === undefined ? undefined : new Tokens(auth.tokens);
    this.#grant = auth === undefined ? () => EVERYTHING : grantsOf(auth.rules);
  }

  /**
   * What the sender of a request may do.
   *
   * @throws {Refusal} For credentials that cannot be read or are wrong.
   */
  async grant(request: Request): Promise<Grant> {
    const header = request.headers.get("authorization");
    if (this.#auth === undefined || header === null) return this.#grant();
    if (this.tokens !== undefined && /^bearer /i.test(header)) {
      return await this.#grantByToken(this.tokens, request, header.slice("bearer ".length).trim());
    }
    const pair = readBasic(header);
    if (pair === undefined) throw this.refuse(request, "expected Basic credentials");
    return await this.grantTo(request, pair);
  }

  /**
   * What a user may do.
   *
   * @throws {Refusal} When there is no such user, or the password is another.
   */
  async grantTo(request: Request, { user, password }: Pair): Promise<Grant> {
    // Some clients answer the challenge so when they have no credentials.
    if (this.#auth === undefined || (user === "" && password === "")) return this.#grant();
    if (await this.#verify(this.#auth, user, password)) return this.#grant(user);
    throw this.refuse(request, "no such user, or another password");
  }

  /**
   * The refusal of somebody who could sign in, or show a token that allows more.
   *
   * @param scope What such a token must allow.
   */
  refuse(request: Request, message: string, scope?: string): Refusal {
    const challenge = this.tokens === undefined || isTokenPath(request.url)
      ? 'Basic realm="davit", charset="UTF-8"'
      : this.#bearer(request, scope);
    return new Refusal(401, "UNAUTHORIZED", message, {
      headers: { "www-authenticate": challenge },
    });
  }

  /** What tokens are good for: the host that clients ask. */
  serviceOf(request: Request): string {
    return new URL(this.#urlFor(request)).host;
  }

  #urlFor(request: Request): string {
    const configured = this.#auth?.tokens?.url;
    if (configured !== undefined) return configured;
    const [, origin] = ORIGIN.exec(request.url) ?? [];
    if (origin !== undefined && URL.canParse(origin)) return origin;
    throw new Refusal(400, "UNSUPPORTED", "expected a Host that tokens can be asked of");
  }

  #bearer(request: Request, scope: string | undefined): string {
    const realm = new URL("/token", this.#urlFor(request)).href;
    const parameters = { realm, service: this.serviceOf(request), ...(scope && { scope }) };
    const list = Object.entries(parameters).map(([name, value]) => `${name}="${value}"`);
    const error = request.headers.has("authorization") ? [`error="${errorOf(scope)}"`] : [];
    return `Bearer ${[...list, ...error].join(",")}`;
  }

  async #grantByToken(tokens: Tokens, request: Request, token: string): Promise<Grant> {
    const claims = await tokens.read(token);
    if (claims === undefined) throw this.refuse(request, "the token does not count any more");
    const grant = this.#grant(claims.sub === "" ? undefined : claims.sub);
    return {
      ...grant,
      isToken: true,
      allows: (action, repository) =>
        grant.allows(action, repository) && tokenAllows(claims, action, repository),
    };
  }

  async #verify({ verify }: Auth, user: string, password: string): Promise<boolean> {
    const id = await this.#identify(user, password);
    const known = this.#verified.get(id);
    if (known !== undefined && Date.now() - known.since < VERIFIED_MS) return await known.isRight;
    const isRight = Promise.try(verify, user, password);
    this.#verified.delete(id);
    this.#verified.set(id, { since: Date.now(), isRight });
    this.#dropOldest();
    const forget = () => this.#verified.delete(id);
    isRight.then((right) => right || forget(), forget);
    return await isRight;
  }

  async #identify(user: string, password: string): Promise<string> {
    this.#key ??= crypto.subtle.generateKey({ name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
    const pair = new TextEncoder().encode(JSON.stringify([user, password]));
    return new Uint8Array(await crypto.subtle.sign("HMAC", await this.#key, pair)).toHex();
  }

  #dropOldest(): void {
    const [oldest] = this.#verified.keys();
    if (this.#verified.size > MAX_VERIFIED && oldest !== undefined) this.#verified.delete(oldest);
  }
}

function readBasic(header: string): Pair | undefined {
  const [, encoded = ""] = /^basic +(\S+)$/i.exec(header) ?? [];
  try {
    const bytes = Uint8Array.fromBase64(encoded);
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    const colon = text.indexOf(":");
    if (colon >= 0) return { user: text.slice(0, colon), password: text.slice(colon + 1) };
  } catch (error) {
    if (!(error instanceof SyntaxError || error instanceof TypeError)) throw error;
  }
}

function isTokenPath(url: string): boolean {
  return /^[^/]*\/\/[^/]*\/token(?:[?#]|$)/.test(url);
}

function errorOf(scope: string | undefined): string {
  return scope === undefined ? "invalid_token" : "insufficient_scope";
}
