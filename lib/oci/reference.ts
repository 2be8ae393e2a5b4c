import { type Digest, isDigest } from "./digest.ts";
import { present } from "./present.ts";
import {
  DOCKER_HUB,
  misnamed,
  type ParseNameOptions,
  parseRegistry,
  refuseScheme,
} from "./registry_name.ts";

/** A repository of a registry. */
export interface RepositoryName {
  /** `host[:port]`; Docker Hub is `index.docker.io`. */
  readonly registry: string;
  /** The path within the registry, `library/` included. */
  readonly repository: string;
}

/** The name of an image: a repository with a tag, a digest or both. The digest decides. */
export interface Reference extends RepositoryName {
  /** The tag. */
  readonly tag?: string;
  /** The digest. */
  readonly digest?: Digest;
}

/** Options of {@linkcode parseReference}. */
export interface ParseReferenceOptions extends ParseNameOptions {
  /** The tag of names that have neither tag nor digest; `latest` unless said. */
  readonly defaultTag?: string;
}

const COMPONENT = "[a-z0-9]+(?:(?:\\.|__?|-+)[a-z0-9]+)*";
const REPOSITORY = new RegExp(`^${COMPONENT}(?:/${COMPONENT})*$`);
const TAG = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/;
const MAX_REPOSITORY_LENGTH = 255;

/** Says whether text can be a tag. */
export function isTag(text: string): boolean {
  return TAG.test(text);
}

/**
 * Says whether text can be the path of a repository. What can is safe as a path of files too: it has
 * no `..`, no empty component and begins with a letter or digit.
 */
export function isRepositoryPath(text: string): boolean {
  return text.length <= MAX_REPOSITORY_LENGTH && REPOSITORY.test(text);
}

/**
 * Turns the name of an image into its parts: `alpine`, `ghcr.io/org/app:v1`,
 * `localhost:5000/app@sha256:…`. What is missing is Docker Hub, `library/` and `latest`, unless
 * `strict` refuses to guess.
 *
 * @throws {SyntaxError} When the text is no name; the message says which part and why.
 * @see {@link https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-manifests distribution-spec, names and tags}
 * @example
 * ```ts
 * import { formatReference, parseReference } from "@davit/davit/oci";
 *
 * const { registry, repository, tag } = parseReference("alpine:3");
 * console.assert(registry === "index.docker.io" && repository === "library/alpine" && tag === "3");
 * ```
 */
export function parseReference(text: string, options: ParseReferenceOptions = {}): Reference {
  const { strict = false, defaultTag = "latest" } = options;
  refuseScheme("reference", text);
  const [named = "", digestText, ...rest] = text.split("@");
  if (rest.length > 0) throw misnamed("reference", text, 'one "@" before a digest');
  const { name, tag } = splitTag(named);
  const repository = readRepository(name, text, options);
  const digest = digestText === undefined ? undefined : readDigest(digestText, text);
  if (strict && tag === undefined && digest === undefined) {
    throw misnamed("reference", text, "a tag or a digest: nothing is guessed in strict mode");
  }
  const chosenTag = tag ?? (digest === undefined ? defaultTag : undefined);
  if (chosenTag !== undefined && !isTag(chosenTag)) {
    throw misnamed(
      "reference",
      text,
      `a tag of at most 128 letters, digits, "_", "." and "-" that begins with neither "." nor ` +
        `"-", got ${JSON.stringify(chosenTag.slice(0, 150))}`,
    );
  }
  return present({ ...repository, tag: chosenTag, digest });
}

/**
 * Turns the name of a repository into its parts.
 *
 * @throws {SyntaxError} When the text is no name, or has a tag or a digest.
 * @example
 * ```ts
 * import { parseRepository } from "@davit/davit/oci";
 *
 * console.assert(parseRepository("localhost:5000/app").registry === "localhost:5000");
 * ```
 */
export function parseRepository(text: string, options: ParseNameOptions = {}): RepositoryName {
  refuseScheme("repository", text);
  if (text.includes("@")) throw misnamed("repository", text, "no digest");
  const { name, tag } = splitTag(text);
  if (tag !== undefined) throw misnamed("repository", text, "no tag");
  return readRepository(name, text, options);
}

/**
 * Turns a reference into its one full name, `registry/repository:tag`, or `registry/repository@digest`
 * where there is a digest; a repository alone stays one.
 *
 * @example
 * ```ts
 * import { formatReference, parseReference } from "@davit/davit/oci";
 *
 * console.assert(formatReference(parseReference("nginx")) === "index.docker.io/library/nginx:latest");
 * ```
 */
export function formatReference({ registry, repository, tag, digest }: Reference): string {
  const name = `${registry}/${repository}`;
  if (digest !== undefined) return `${name}@${digest}`;
  return tag === undefined ? name : `${name}:${tag}`;
}

/**
 * The name under which containerd and Kubernetes know an image: the full one, with Docker Hub
 * written `docker.io`.
 *
 * @example
 * ```ts
 * import { containerdName, parseReference } from "@davit/davit/oci";
 *
 * console.assert(containerdName(parseReference("nginx")) === "docker.io/library/nginx:latest");
 * ```
 */
export function containerdName(reference: Reference): string {
  const { registry } = reference;
  return formatReference({
    ...reference,
    registry: registry === DOCKER_HUB ? "docker.io" : registry,
  });
}

/**
 * The name that Docker prints: what it would fill in itself is left out, except the tag.
 *
 * @example
 * ```ts
 * import { familiarName, parseReference } from "@davit/davit/oci";
 *
 * console.assert(familiarName(parseReference("docker.io/library/nginx")) === "nginx:latest");
 * ```
 */
export function familiarName(reference: Reference): string {
  return containerdName(reference).replace(/^docker\.io\/(?:library\/)?/, "");
}

function readDigest(digest: string, text: string): Digest {
  if (isDigest(digest)) return digest;
  const expected =
    'after "@" a digest: "sha256:" and 64 lower-case hex digits, or "sha512:" and 128';
  throw misnamed("reference", text, expected);
}

/** Splits at the last colon, unless it belongs to the registry's port. */
function splitTag(text: string): { name: string; tag: string | undefined } {
  const colon = text.lastIndexOf(":");
  if (colon < 0 || text.includes("/", colon)) return { name: text, tag: undefined };
  return { name: text.slice(0, colon), tag: text.slice(colon + 1) };
}

function readRepository(name: string, text: string, options: ParseNameOptions): RepositoryName {
  const { strict = false } = options;
  const slash = name.indexOf("/");
  const first = name.slice(0, Math.max(slash, 0));
  const hasRegistry = first === "localhost" || /[.:]/.test(first);
  if (strict && !hasRegistry) {
    throw misnamed("reference", text, "a registry: nothing is guessed in strict mode");
  }
  const registry = parseRegistry(hasRegistry ? first : "", options);
  const path = hasRegistry ? name.slice(slash + 1) : name;
  checkPath(path, text);
  if (registry !== DOCKER_HUB || path.includes("/")) return { registry, repository: path };
  if (strict) throw misnamed("reference", text, 'Docker Hub\'s "library/" in strict mode');
  return { registry, repository: `library/${path}` };
}

function checkPath(path: string, text: string): void {
  if (path.length > MAX_REPOSITORY_LENGTH) {
    throw misnamed("reference", text, `at most ${MAX_REPOSITORY_LENGTH} characters of repository`);
  }
  if (REPOSITORY.test(path)) return;
  if (REPOSITORY.test(path.toLowerCase())) {
    const lower = JSON.stringify(text.replace(path, path.toLowerCase()).slice(0, 300));
    throw misnamed("reference", text, `a repository in lower case: did you mean ${lower}?`);
  }
  throw misnamed(
    "reference",
    text,
    `a repository of lower-case letters and digits, joined by ".", "_", "__" or "-", and "/"`,
  );
}
