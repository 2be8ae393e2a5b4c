import { parseClusterName } from "../k3s/names.ts";
import { formatReference, parseReference, type Reference } from "../oci/reference.ts";
import { LOCATION_FORMS, refuseUnknownTransport } from "./transport.ts";

/**
 * The name of a place, as skopeo writes it: a transport, a colon, and what the transport needs. A
 * plain name is a registry's; a path that starts with `/`, `./`, `../` or `~/` is a local file or
 * directory whose format is seen when it is opened. Behind a transport, a path ends at the first
 * colon, and all that follows is a name.
 */
export type Location =
  | { readonly kind: "registry"; readonly reference: Reference }
  | { readonly kind: FileKind; readonly path: string; readonly name?: string }
  | { readonly kind: "docker-daemon"; readonly name: string }
  | { readonly kind: "k3s"; readonly cluster: string }
  | { readonly kind: "path"; readonly path: string };

/** The transports whose place is a file or directory. */
export type FileKind = "oci" | "oci-archive" | "docker-archive" | "docker-legacy";

const FILE_KINDS: ReadonlySet<string> = new Set<FileKind>([
  "oci",
  "oci-archive",
  "docker-archive",
  "docker-legacy",
]);

/**
 * Turns text into a location.
 *
 * @throws {SyntaxError} When the transport is unknown, its path or name is missing, or a name in
 * it is no reference.
 * @example
 * ```ts
 * import { parseLocation } from "@davit/davit/places";
 *
 * const location = parseLocation("oci:build/layout:v1");
 * console.assert(location.kind === "oci" && location.name === "v1");
 * ```
 */
export function parseLocation(text: string): Location {
  if (/^(?:\/|\.\.?\/|~\/|\.\.?$)/.test(text)) return { kind: "path", path: text };
  const [, transport, rest = ""] = /^([a-z][a-z0-9-]*):(.*)$/s.exec(text) ?? [];
  if (transport === "docker" && rest.startsWith("//")) {
    return { kind: "registry", reference: parseReference(rest.slice(2)) };
  }
  if (transport === "docker-daemon") {
    if (rest === "") throw incomplete(text, "docker-daemon:REF");
    const name = rest.startsWith("sha256:") ? rest : formatReference(parseReference(rest));
    return { kind: "docker-daemon", name };
  }
  if (transport === "k3s") {
    if (rest === "") throw incomplete(text, "k3s:CLUSTER");
    return { kind: "k3s", cluster: parseClusterName(rest) };
  }
  if (isFileKind(transport)) return parseFile(text, transport, rest);
  refuseUnknownTransport(text);
  return { kind: "registry", reference: parseReference(text) };
}

/** Writes a location as text that parses back to it. */
export function formatLocation(location: Location): string {
  switch (location.kind) {
    case "registry":
      return formatReference(location.reference);
    case "docker-daemon":
      return `docker-daemon:${location.name}`;
    case "k3s":
      return `k3s:${location.cluster}`;
    case "path":
      return location.path;
    default: {
      const { kind, path, name } = location;
      return name === undefined ? `${kind}:${path}` : `${kind}:${path}:${name}`;
    }
  }
}

function isFileKind(transport: string | undefined): transport is FileKind {
  return transport !== undefined && FILE_KINDS.has(transport);
}

function parseFile(text: string, kind: FileKind, rest: string): Location {
  const [, path = "", name] = /^([^:]*)(?::(.+))?$/s.exec(rest) ?? [];
  if (path === "" || rest.endsWith(":")) {
    const form = LOCATION_FORMS.find((known) => known.startsWith(`${kind}:`)) ?? kind;
    throw incomplete(text, form);
  }
  if (name === undefined) return { kind, path };
  const isReference = kind === "docker-archive" || kind === "docker-legacy";
  return { kind, path, name: isReference ? formatReference(parseReference(name)) : name };
}

function incomplete(text: string, form: string): SyntaxError {
  return new SyntaxError(`Cannot parse location "${text}": expected ${form}`);
}
