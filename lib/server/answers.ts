import { type Digest, isDigest } from "../oci/digest.ts";
import { Refusal } from "./refusal.ts";

/** An answer without a body. */
export function empty(status: number, headers: Readonly<Record<string, string>> = {}): Response {
  return new Response(null, { status, headers });
}

/** The refusal of a method that the path does not know. */
export function unsupportedMethod(request: Request, allowed: string): Refusal {
  return new Refusal(405, "UNSUPPORTED", `${request.method} is not supported here`, {
    headers: { allow: allowed },
  });
}

/** The refusal of a blob that is not there. */
export function unknownBlob(digest: string): Refusal {
  return new Refusal(404, "BLOB_UNKNOWN", "the repository has no such blob", {
    detail: { digest },
  });
}

/** The refusal of a manifest that is not there. */
export function unknownManifest(reference: string): Refusal {
  return new Refusal(404, "MANIFEST_UNKNOWN", "the repository has no such manifest", {
    detail: { reference },
  });
}

/**
 * Reads a digest that a client sent.
 *
 * @throws {Refusal} When it is none.
 */
export function readDigest(text: string | null): Digest {
  if (text !== null && isDigest(text)) return text;
  throw new Refusal(
    400,
    "DIGEST_INVALID",
    'expected "sha256:" and 64 lower-case hex digits, or "sha512:" and 128',
    { detail: { digest: text } },
  );
}
