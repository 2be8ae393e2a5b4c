import type { RegistrySpec } from "./registry_spec.ts";

/** A registry that is there already, as it was named. */
export interface NamedRegistry {
  /** The container's name, with `davit-` or without. */
  readonly name: string;
  /** A port of it, on the host or in the container; whichever it has when absent. */
  readonly port?: number;
}

/** An address in front of a port, and a port alone. */
const ADDRESS = String.raw`\[[0-9a-fA-F:.]+\]|[^:[\]]+`;
const PUBLISHED = new RegExp(String.raw`^(?:(${ADDRESS}):)?(\d{1,5}|random)$`);
const CREATED = new RegExp(String.raw`^([^:]+)(?::(${ADDRESS}))??(?::(\d{1,5}|random))?$`);

/**
 * Turns `[HOST:]PORT`, where a registry is published, into a part of its spec.
 *
 * @throws {SyntaxError} When it is something else.
 */
export function parseRegistryPort(text: string): Pick<RegistrySpec, "host" | "hostPort"> {
  const [, host, hostPort] = PUBLISHED.exec(text) ?? [];
  if (hostPort !== undefined) return { ...(host === undefined ? {} : { host }), hostPort };
  throw new SyntaxError(
    `Cannot publish a registry at "${text}": expected [HOST:]PORT, with a port of 1 to 65535 or ` +
      '"random"',
  );
}

/**
 * Turns `NAME[:HOST][:PORT]` into the spec of a registry.
 *
 * @throws {SyntaxError} When it is something else.
 */
export function parseRegistryCreate(text: string): RegistrySpec {
  const [, name, host, hostPort] = CREATED.exec(text) ?? [];
  if (name === undefined) {
    throw new SyntaxError(`Cannot make registry "${text}": expected NAME[:HOST][:PORT]`);
  }
  return {
    name,
    ...(host === undefined ? {} : { host }),
    ...(hostPort === undefined ? {} : { hostPort }),
  };
}

/**
 * Turns `NAME[:PORT]` into the name of a registry that is there.
 *
 * @throws {SyntaxError} When it is something else.
 */
export function parseRegistryUse(text: string): NamedRegistry {
  const [, name, digits] = /^([A-Za-z0-9][A-Za-z0-9_.-]*)(?::(\d{1,5}))?$/.exec(text) ?? [];
  if (name === undefined) {
    throw new SyntaxError(`Cannot use registry "${text}": expected NAME[:PORT]`);
  }
  return { name, ...(digits === undefined ? {} : { port: Number(digits) }) };
}
