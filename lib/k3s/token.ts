/** A secret by which nodes join: 256 random bits. */
export function randomToken(): string {
  return crypto.getRandomValues(new Uint8Array(32)).toHex();
}
