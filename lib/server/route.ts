import { isRepositoryPath } from "../oci/reference.ts";
import { Refusal } from "./refusal.ts";

/** What a path stands for: two for those who watch over the registry, one that gives tokens, the API. */
export type Route =
  | { readonly kind: "health" }
  | { readonly kind: "metrics" }
  | { readonly kind: "token" }
  | { readonly kind: "base" }
  | { readonly kind: "catalog" }
  | { readonly kind: "tags"; readonly repository: string }
  | { readonly kind: "manifest"; readonly repository: string; readonly reference: string }
  | { readonly kind: "referrers"; readonly repository: string; readonly digest: string }
  | { readonly kind: "blob"; readonly repository: string; readonly digest: string }
  | { readonly kind: "uploads"; readonly repository: string }
  | { readonly kind: "upload"; readonly repository: string; readonly id: string };

/**
 * Reads the path of a request, as it was sent: dots and doubled slashes are refused, not resolved.
 *
 * @throws {Refusal} For a path outside of the API, or a name that no repository can have.
 * @see {@link https://github.com/opencontainers/distribution-spec/blob/main/spec.md#endpoints distribution-spec, endpoints}
 */
export function parseRoute(path: string): Route {
  if (path === "/healthz") return { kind: "health" };
  if (path === "/metrics") return { kind: "metrics" };
  if (path === "/token") return { kind: "token" };
  const [empty, version, ...parts] = path.split("/").map(decode);
  if (empty !== "" || version !== "v2") throw unknownPath(path);
  if (parts.length === 0 || (parts.length === 1 && parts[0] === "")) return { kind: "base" };
  if (parts.length === 1 && parts[0] === "_catalog") return { kind: "catalog" };
  const last = parts.pop() ?? "";
  const resource = parts.pop();
  if (resource === "uploads" && parts.at(-1) === "blobs") {
    const repository = checked(parts.slice(0, -1));
    return last === "" ? { kind: "uploads", repository } : { kind: "upload", repository, id: last };
  }
  const repository = parts.join("/");
  if (resource === "blobs" && last === "uploads") {
    return { kind: "uploads", repository: checked(parts) };
  }
  if (resource === "blobs") return { kind: "blob", repository: checked(parts), digest: last };
  if (resource === "tags" && last === "list") return { kind: "tags", repository: checked(parts) };
  if (resource === "manifests") {
    return { kind: "manifest", repository: checked(parts), reference: last };
  }
  if (resource === "referrers") {
    return { kind: "referrers", repository: checked(parts), digest: last };
  }
  throw unknownPath(repository);
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch (cause) {
    throw new Refusal(400, "NAME_INVALID", `"${part}" is not percent-encoded UTF-8`, { cause });
  }
}

function checked(parts: readonly string[]): string {
  const name = parts.join("/");
  if (isRepositoryPath(name)) return name;
  throw new Refusal(400, "NAME_INVALID", `"${name}" cannot name a repository`, {
    detail: { name },
  });
}

function unknownPath(path: string): Refusal {
  return new Refusal(404, "UNSUPPORTED", "this is not a path of the distribution API", {
    detail: { path },
  });
}
