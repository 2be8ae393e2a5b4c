import { PolicyError } from "../errors.ts";
import { parseRepository, type RepositoryName } from "../oci/reference.ts";
import { parseRegistry } from "../oci/registry_name.ts";

/** A place that has a copy. */
export interface MirrorRule {
  /** What stands for the prefix there: `host[:port][/path]`. */
  readonly location: string;
  /** Whether it may be spoken to without verified TLS; `false` unless said. */
  readonly insecure?: boolean;
  /** What is pulled from it; `all` unless said. By digest alone, a stale tag does no harm. */
  readonly pull?: "all" | "digest-only" | "tag-only";
}

/** Where what has a prefix is read from. */
export interface RegistryRule {
  /** What names begin with: `host[:port][/path]`, or `*.host`. The longest that fits counts. */
  readonly prefix: string;
  /** What stands for the prefix where it really is; the prefix itself unless said. */
  readonly location?: string;
  /** Whether that may be spoken to without verified TLS; `false` unless said. */
  readonly insecure?: boolean;
  /** Whether nothing is to be read from there or written to. */
  readonly blocked?: boolean;
  /** Where to look before, in this order. */
  readonly mirrors?: readonly MirrorRule[];
}

/** A rule with its prefix taken apart. */
interface Prefix {
  readonly rule: RegistryRule;
  /** `host[:port]`, or `.host` for all below it. */
  readonly host: string;
  readonly path: string;
}

/**
 * Rules for reading from mirrors, as podman's `registries.conf` has them. What is written goes where
 * its name says.
 *
 * @example
 * ```ts
 * import { RegistryRules } from "@davit/davit/mirrors";
 *
 * const rules = new RegistryRules([
 *   { prefix: "docker.io", mirrors: [{ location: "mirror.example/hub" }] },
 * ]);
 * const name = { registry: "index.docker.io", repository: "library/nginx" };
 * const [mirror, origin] = rules.sourcesOf(name, "latest");
 * console.assert(mirror?.registry === "mirror.example" && mirror.repository === "hub/library/nginx");
 * console.assert(origin?.registry === "index.docker.io");
 * ```
 */
export class RegistryRules {
  readonly #prefixes: readonly Prefix[];
  readonly #insecure: ReadonlySet<string>;

  /**
   * Takes the rules as they are.
   *
   * @throws {SyntaxError} When a prefix or a location is no name.
   */
  constructor(rules: readonly RegistryRule[]) {
    this.#prefixes = rules.map((rule) => ({ rule, ...parsePrefix(rule.prefix) }));
    const places = rules.flatMap(({ location, mirrors = [] }) => [
      ...(location === undefined ? [] : [location]),
      ...mirrors.map((mirror) => mirror.location),
    ]);
    for (const place of places) {
      if (parsePrefix(place).host.startsWith(".")) throw severalPlaces(place);
    }
    const trusting = rules.flatMap(({ prefix, location = prefix, insecure, mirrors = [] }) =>
      [{ location, insecure }, ...mirrors].filter((place) => place.insecure === true)
    );
    this.#insecure = new Set(trusting.map(({ location }) => parsePrefix(location).host));
  }

  /**
   * The repositories that something is read from, in this order; the last is where it really is.
   *
   * @param name A tag or a digest; lists are read where they really are.
   * @throws {PolicyError} When it is blocked.
   */
  sourcesOf(repository: RepositoryName, name?: string): readonly RepositoryName[] {
    const found = this.#find(repository);
    if (found === undefined) return [repository];
    const { rule, path } = found;
    this.#refuseBlocked(repository, rule);
    const rest = path === "" ? repository.repository : repository.repository.slice(path.length + 1);
    const kind = name?.includes(":") === true ? "digest-only" : "tag-only";
    const mirrors = (rule.mirrors ?? []).filter(({ pull = "all" }) =>
      pull === "all" || pull === kind
    );
    const origin = rule.location === undefined ? repository : nameAt(rule.location, rest);
    return [...mirrors.map(({ location }) => nameAt(location, rest)), origin];
  }

  /**
   * Lets a repository pass that is written to, or read where its name says.
   *
   * @throws {PolicyError} When it is blocked.
   */
  checkAccess(repository: RepositoryName): void {
    const found = this.#find(repository);
    if (found !== undefined) this.#refuseBlocked(repository, found.rule);
  }

  /** Says whether a rule lets a registry be spoken to without verified TLS. @param registry `host[:port]`. */
  isInsecure(registry: string): boolean {
    return [...this.#insecure].some((host) => fits(registry, host));
  }

  #find({ registry, repository }: RepositoryName): Prefix | undefined {
    const matching = this.#prefixes.filter(({ host, path }) =>
      fits(registry, host) &&
      (path === "" || repository === path || repository.startsWith(`${path}/`))
    );
    return matching.toSorted((one, other) => lengthOf(other) - lengthOf(one))[0];
  }

  #refuseBlocked(
    { registry, repository }: RepositoryName,
    { prefix, blocked }: RegistryRule,
  ): void {
    if (blocked !== true) return;
    throw new PolicyError(
      `Cannot use "${registry}/${repository}": the registries' config blocks "${prefix}"`,
    );
  }
}

/** Says whether text is a place of a rule. */
export function isPlace(text: string, { wildcard }: { readonly wildcard: boolean }): boolean {
  try {
    return !parsePrefix(text).host.startsWith(".") || wildcard;
  } catch {
    return false;
  }
}

function severalPlaces(text: string): SyntaxError {
  return new SyntaxError(`Cannot read from "${text}": expected one place, HOST[:PORT][/PATH]`);
}

function fits(registry: string, host: string): boolean {
  return host.startsWith(".") ? registry.endsWith(host) : registry === host;
}

function lengthOf({ host, path }: Prefix): number {
  return host.length + path.length;
}

function parsePrefix(text: string): { readonly host: string; readonly path: string } {
  const [first = "", ...rest] = text.split("/");
  const path = rest.join("/");
  if (first.startsWith("*.")) {
    if (path !== "") {
      throw new SyntaxError(`Cannot use "${text}": expected "*.HOST" without a path`);
    }
    return { host: `.${parseRegistry(first.slice(2))}`, path: "" };
  }
  if (first === "") throw new SyntaxError(`Cannot use "${text}": expected HOST[:PORT][/PATH]`);
  const host = parseRegistry(first);
  if (path !== "") parseRepository(`localhost/${path}`);
  return { host, path };
}

/** What a location makes of the rest of a name. */
function nameAt(location: string, rest: string): RepositoryName {
  const { host, path } = parsePrefix(location);
  const repository = [path, rest].filter((part) => part !== "").join("/");
  return { registry: host, repository };
}
