import { DocumentError, LimitExceededError, UnsupportedError } from "../errors.ts";
import { DocumentField } from "./document_field.ts";
import { MAX_MANIFEST_BYTES } from "./limits.ts";
import { isSchema1Type } from "./media_type.ts";

/** What tells one kind of manifest document from the other. */
export interface DocumentKind {
  /** The name, for errors: `manifest`, `index`. */
  readonly name: string;
  /** The members of the kind. */
  readonly members: readonly string[];
  /** Members of the other kinds: a document that has one could be read as either. */
  readonly foreign: readonly string[];
  /** Says whether a media type is of the kind. */
  readonly isType: (mediaType: string) => boolean;
}

/**
 * Reads what manifests and indexes have in common, and refuses a document that another reader could
 * take for another kind.
 *
 * @param mediaType What the document was said to be by its descriptor or `Content-Type`.
 * @see {@link https://github.com/opencontainers/distribution-spec/security/advisories/GHSA-mc8v-mgrf-8f4m CVE-2021-41190}
 */
export function readManifestDocument(
  bytes: Uint8Array,
  mediaType: string | undefined,
  kind: DocumentKind,
): DocumentField {
  const { name } = kind;
  if (bytes.length > MAX_MANIFEST_BYTES) {
    throw new LimitExceededError(`${name} of ${bytes.length} bytes`, MAX_MANIFEST_BYTES);
  }
  const root = DocumentField.parse(name, bytes);
  const said = mediaType?.split(";", 1)[0]?.trim();
  const declared = root.member("mediaType").optional((field) => field.string());
  refuseSchema1(root, said, declared);
  if (said !== undefined && !kind.isType(said)) {
    throw new DocumentError(
      `Cannot read ${name}: expected it to be announced as an image ${name}, got "${said}"`,
    );
  }
  if (declared !== undefined && !kind.isType(declared)) {
    throw root.member("mediaType").unexpected(`the media type of an image ${name}`);
  }
  if (said !== undefined && declared !== undefined && said !== declared) {
    throw root.member("mediaType").unexpected(`"${said}", as the document was announced`);
  }
  if (root.member("schemaVersion").integer() !== 2) {
    throw root.member("schemaVersion").unexpected("2");
  }
  root.refuseLookalikes([...kind.members, ...kind.foreign]);
  for (const foreign of kind.foreign) {
    const field = root.member(foreign);
    if (field.isPresent) {
      throw field.unexpected(`nothing, since this is an image ${name},`);
    }
  }
  return root;
}

function refuseSchema1(root: DocumentField, ...types: readonly (string | undefined)[]): void {
  const bySchema = root.member("schemaVersion").optional((version) => version.integer()) === 1;
  if (!bySchema && !types.some((type) => type !== undefined && isSchema1Type(type))) return;
  throw new UnsupportedError(
    "Cannot read manifest: expected schema 2, got a Docker schema 1 manifest, a form retired in " +
      "2019; pull the image and push it again with a current Docker to convert it",
  );
}
