import { type Auth, EVERYTHING, type Grant, grantsOf, unauthorized } from "./access.ts";

const VERIFIED_MS = 5 * 60 * 1000;
const MAX_VERIFIED = 1000;

interface Verification {
  readonly since: number;
  readonly isRight: Promise<boolean>;
}

/**
 * Finds out who sends requests. Good password hashes are slow on purpose, so that a pair that was
 * right counts as right for a while; it is remembered under a keyed hash, and never as it is.
 */
export class SignIn {
  readonly #auth: Auth | undefined;
  readonly #grant: (user?: string) => Grant;
  readonly #verified = new Map<string, Verification>();
  #key: Promise<CryptoKey> | undefined;

  constructor(auth: Auth | undefined) {
    this.#auth = auth;
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
    const { user, password } = readBasic(header);
    // Some clients answer the challenge so when they have no credentials.
    if (user === "" && password === "") return this.#grant();
    if (await this.#verify(this.#auth, user, password)) return this.#grant(user);
    throw unauthorized("no such user, or another password");
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

function readBasic(header: string): { readonly user: string; readonly password: string } {
  const [, encoded = ""] = /^basic +(\S+)$/i.exec(header) ?? [];
  try {
    const bytes = Uint8Array.fromBase64(encoded);
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    const colon = text.indexOf(":");
    if (colon >= 0) return { user: text.slice(0, colon), password: text.slice(colon + 1) };
  } catch (error) {
    if (!(error instanceof SyntaxError || error instanceof TypeError)) throw error;
  }
  throw unauthorized("expected Basic credentials");
}
