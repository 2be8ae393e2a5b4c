import type { Credentials } from "./keychain.ts";

/** The `Authorization` of a user's name and password, or `undefined` when there are none. */
export function basicAuthorization(credentials: Credentials | undefined): string | undefined {
  const { username, password } = credentials ?? {};
  if (!username || !password) return undefined;
  return `Basic ${new TextEncoder().encode(`${username}:${password}`).toBase64()}`;
}
