import { CredentialError } from "../errors.ts";
import { DOCKER_HUB } from "../oci/registry_name.ts";
import type { Credentials } from "./keychain.ts";

/** A docker `config.json` or podman `auth.json`, as far as credentials go. */
export interface DockerConfig {
  /** Where it was read, for messages. */
  readonly source: string;
  /** Credentials by registry or `registry/namespace`. */
  readonly auths: ReadonlyMap<string, Credentials>;
  /** Names of credential helpers, by registry or `registry/namespace`. */
  readonly credHelpers: ReadonlyMap<string, string>;
  /** The helper for all other registries. */
  readonly credsStore: string | undefined;
}

/** The other names of Docker Hub. */
const HUB_NAMES = new Set(["docker.io", "registry-1.docker.io", DOCKER_HUB]);

/** What docker and its credential helpers call Docker Hub. */
const HUB_SERVER = "https://index.docker.io/v1/";

/** How docker writes a canonical key. */
export function serverOf(key: string): string {
  return key === DOCKER_HUB ? HUB_SERVER : key;
}

/**
 * Parses a docker `config.json` or podman `auth.json`.
 *
 * @throws {CredentialError} When it is malformed; the message never shows what it contains.
 */
export function parseDockerConfig(text: string, source: string): DockerConfig {
  const { auths, credHelpers, credsStore } = parseRecord(text, source);
  return {
    source,
    auths: new Map(
      Object.entries(isRecord(auths) ? auths : {}).map(([key, entry]) => [
        canonicalKey(key),
        readEntry(entry, `${source}, "auths", ${JSON.stringify(key)}`, source),
      ]),
    ),
    credHelpers: new Map(
      Object.entries(isRecord(credHelpers) ? credHelpers : {})
        .filter((entry): entry is [string, string] => Boolean(entry[1]) && isText(entry[1]))
        .map(([key, helper]) => [canonicalKey(key), helper]),
    ),
    credsStore: isText(credsStore) && credsStore !== "" ? credsStore : undefined,
  };
}

/**
 * The keys under which credentials for a repository are looked up: itself, the namespaces around it,
 * its registry.
 */
export function lookupKeys(registry: string, repository: string): string[] {
  const host = HUB_NAMES.has(registry) ? DOCKER_HUB : registry.toLowerCase();
  const parts = repository === "" ? [] : repository.split("/");
  return [...parts.keys()].reverse()
    .map((index) => [host, ...parts.slice(0, index + 1)].join("/"))
    .concat(host);
}

/** What a key of a config stands for: old clients wrote URLs, `https://index.docker.io/v1/`. */
export function canonicalKey(key: string): string {
  const bare = key.replace(/^https?:\/\//, "").replace(/\/(?:v[12]\/?)?$/, "");
  const [host = "", ...path] = bare.split("/");
  return [HUB_NAMES.has(host) ? DOCKER_HUB : host.toLowerCase(), ...path].join("/");
}

function readEntry(entry: unknown, where: string, source: string): Credentials {
  const { auth, username, password, identitytoken, registrytoken } = isRecord(entry) ? entry : {};
  return {
    ...(isText(username) && username !== "" ? { username } : {}),
    ...(isText(password) && password !== "" ? { password } : {}),
    ...(isText(auth) && auth !== "" ? decodeAuth(auth, where) : {}),
    ...(isText(identitytoken) && identitytoken !== "" ? { identityToken: identitytoken } : {}),
    ...(isText(registrytoken) && registrytoken !== "" ? { registryToken: registrytoken } : {}),
    source,
  };
}

function decodeAuth(auth: string, where: string): { username: string; password: string } {
  let text: string;
  try {
    text = new TextDecoder().decode(Uint8Array.fromBase64(auth.trim()));
  } catch {
    throw new CredentialError(`Cannot read ${where}: expected "auth" in base64`);
  }
  const colon = text.indexOf(":");
  if (colon < 0) {
    throw new CredentialError(`Cannot read ${where}: expected "user:password" in "auth"`);
  }
  return { username: text.slice(0, colon), password: text.slice(colon + 1).replace(/\0+$/, "") };
}

function parseRecord(text: string, source: string): Record<string, unknown> {
  try {
    const document: unknown = JSON.parse(text);
    if (isRecord(document)) return document;
  } catch {
    // The parser's words would quote the text, and with it a secret.
  }
  throw new CredentialError(`Cannot read ${source}: expected a JSON object`);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}
