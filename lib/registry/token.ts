import { RegistryError } from "../errors.ts";
import { type Answer, discard, readJson } from "./answer.ts";
import { answerError, type ErrorContext } from "./answer_error.ts";
import { basicAuthorization } from "./basic.ts";
import type { ExchangeRequest } from "./exchange.ts";
import type { Credentials } from "./keychain.ts";
import { describeUrl } from "./redact.ts";

/** A bearer token and how long it lasts. */
export interface Token {
  /** What goes after `Bearer `. */
  readonly value: string;
  /** How long it may be used, in milliseconds from now. */
  readonly lifetimeMs: number;
  /** A refresh token that replaces the credentials, when the service gave one. */
  readonly identityToken?: string;
}

/** What a token service is asked for. */
export interface TokenRequest {
  /** The service's address. */
  readonly realm: URL;
  /** The `service` of the challenge. */
  readonly service: string | undefined;
  /** The scopes, the most wanted first: some services read one only. */
  readonly scopes: readonly string[];
  readonly credentials: Credentials | undefined;
  /** How a refusal is worded. */
  readonly context: ErrorContext;
  readonly signal: AbortSignal;
}

/** Sends a request to the token service; redirects and limits are its business. */
export type SendTokenRequest = (request: ExchangeRequest) => Promise<Answer>;

/** The largest answer of a token service that is read. */
const MAX_TOKEN_BYTES = 1024 * 1024;
const CLIENT_ID = "davit";
const MIN_LIFETIME_S = 60;
const MAX_LIFETIME_S = 3600;
/** A token is given up this much before its end, for clocks differ and requests take time. */
const MARGIN = 0.1;

/**
 * Gets a token: by POST with an identity token, by GET with name and password or without.
 *
 * @throws {UnauthorizedError} When the service refuses.
 * @see {@link https://distribution.github.io/distribution/spec/auth/token/ Token authentication}
 */
export async function requestToken(request: TokenRequest, send: SendTokenRequest): Promise<Token> {
  const { credentials, context } = request;
  if (credentials?.identityToken !== undefined) {
    const answer = await postForm(request, credentials.identityToken, send);
    if (answer.status !== 404 && answer.status !== 405) return await readToken(answer, context);
    await discard(answer);
  }
  return await readToken(await getToken(request, send), context);
}

function postForm(
  { realm, service, scopes, signal }: TokenRequest,
  identityToken: string,
  send: SendTokenRequest,
): Promise<Answer> {
  const form = new URLSearchParams({
    grant_type: "refresh_token",
    refresh_token: identityToken,
    client_id: CLIENT_ID,
    ...(service === undefined ? {} : { service }),
    ...(scopes.length === 0 ? {} : { scope: scopes.join(" ") }),
  });
  return send({
    method: "POST",
    url: realm,
    headers: new Headers({ "content-type": "application/x-www-form-urlencoded" }),
    body: new TextEncoder().encode(form.toString()),
    signal,
  });
}

function getToken(
  { realm, service, scopes, credentials, signal }: TokenRequest,
  send: SendTokenRequest,
): Promise<Answer> {
  const url = new URL(realm);
  if (service !== undefined) url.searchParams.set("service", service);
  for (const scope of scopes) url.searchParams.append("scope", scope);
  const headers = new Headers();
  const authorization = basicAuthorization(credentials);
  if (authorization !== undefined) headers.set("authorization", authorization);
  return send({ method: "GET", url, headers, signal });
}

async function readToken(answer: Answer, context: ErrorContext): Promise<Token> {
  if (answer.status !== 200) throw await answerError(answer, context);
  const document = await readJson(answer, { what: "token", maxBytes: MAX_TOKEN_BYTES }) as
    | Record<string, unknown>
    | null;
  const value = [document?.["access_token"], document?.["token"]].find(Boolean);
  if (typeof value !== "string" || !/^[\x21-\x7e]+$/.test(value)) {
    throw new RegistryError(
      `Cannot get a token from "${describeUrl(answer.url)}": expected "token" or "access_token" ` +
        "in the answer",
      answer.status,
    );
  }
  const identityToken = document?.["refresh_token"];
  return {
    value,
    lifetimeMs: readLifetime(document?.["expires_in"]),
    ...(typeof identityToken === "string" && identityToken !== "" ? { identityToken } : {}),
  };
}

/** A service that says nothing sensible means a minute: the least there is by convention. */
function readLifetime(expiresIn: unknown): number {
  const seconds = Number(expiresIn);
  const sensible = Number.isFinite(seconds) ? seconds : MIN_LIFETIME_S;
  return Math.min(MAX_LIFETIME_S, Math.max(MIN_LIFETIME_S, sensible)) * 1000 * (1 - MARGIN);
}
