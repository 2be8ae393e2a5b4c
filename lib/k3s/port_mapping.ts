/** One published port. */
export interface PortMapping {
  /** The address of the host that it listens on; all of them when absent. */
  readonly hostIp?: string;
  /** The port of the host; the engine's choice when absent. */
  readonly hostPort?: number;
  /** The port in the cluster. */
  readonly port: number;
  /** The protocol. */
  readonly protocol: "tcp" | "udp" | "sctp";
}

const FORM = "expected [IP:][HOST[-END]:]PORT[-END][/tcp|udp|sctp]";
const PORT_REGEXP = /^(?:(\[[^\]]*\]|[^:[\]]*):)?(?:([\d-]*):)?([\d-]+)(?:\/(tcp|udp|sctp))?$/;

/**
 * Turns docker's way to write ports into mappings: `8080:80`, `127.0.0.1:53:53/udp`,
 * `8000-8001:80-81`.
 *
 * @returns One mapping for each port of a range.
 * @throws {SyntaxError} For ports outside of 1 to 65535, and ranges that go down or are unlike.
 * @example
 * ```ts
 * import { parsePortMappings } from "@davit/davit/k3s";
 *
 * console.assert(parsePortMappings("8000-8001:80-81").length === 2);
 * ```
 */
export function parsePortMappings(text: string): readonly PortMapping[] {
  const [, ip, host, inner = "", protocol = "tcp"] = PORT_REGEXP.exec(withAddress(text)) ?? [];
  const ports = parseRange(text, inner);
  const hostPorts = host === undefined || host === "" ? undefined : parseRange(text, host);
  if (hostPorts !== undefined && hostPorts.length !== ports.length) {
    throw refusal(
      text,
      `expected ranges of one length, got ${hostPorts.length} and ${ports.length}`,
    );
  }
  const hostIp = ip === undefined || ip === "" ? undefined : ip.replace(/^\[(.*)\]$/, "$1");
  if (hostIp !== undefined && !isAddress(hostIp)) {
    throw refusal(text, `expected an IP address, got "${hostIp}"`);
  }
  return ports.map((port, index) => {
    const hostPort = hostPorts?.[index];
    return {
      ...(hostIp === undefined ? {} : { hostIp }),
      ...(hostPort === undefined ? {} : { hostPort }),
      port,
      protocol: protocol as PortMapping["protocol"],
    };
  });
}

/** Writes a mapping as `docker create --publish` has it, for a port of the container's. */
export function formatPublished(mapping: PortMapping): string {
  const { hostIp, hostPort, port, protocol } = mapping;
  const address = hostIp === undefined ? "" : `${hostIp.includes(":") ? `[${hostIp}]` : hostIp}:`;
  const host = hostPort === undefined ? (address === "" ? "" : ":") : `${hostPort}:`;
  return `${address}${host}${port}/${protocol}`;
}

/** Whether two mappings want the same port of the host. */
export function collides(left: PortMapping, right: PortMapping): boolean {
  if (left.hostPort === undefined || left.hostPort !== right.hostPort) return false;
  if (left.protocol !== right.protocol) return false;
  return isAny(left) || isAny(right) || left.hostIp === right.hostIp;
}

function isAny({ hostIp }: PortMapping): boolean {
  return hostIp === undefined || hostIp === "0.0.0.0" || hostIp === "::";
}

/** `80` and `8080:80` name no address, which the pattern wants in front. */
function withAddress(text: string): string {
  return /^[\d-]*(?::[\d-]+)?(?:\/|$)/.test(text) ? `:${text}` : text;
}

function parseRange(text: string, range: string): readonly number[] {
  const [, first = "", last = first] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(range) ?? [];
  const [from, to] = [Number(first), Number(last)];
  if (from < 1 || to > 65535) throw refusal(text, `${FORM} with ports of 1 to 65535`);
  if (from > to) throw refusal(text, `expected a range that goes up, got "${range}"`);
  return Array.from({ length: to - from + 1 }, (_, offset) => from + offset);
}

function isAddress(text: string): boolean {
  return /^\d{1,3}(?:\.\d{1,3}){3}$/.test(text) || /^[0-9a-fA-F:.]*:[0-9a-fA-F:.]*$/.test(text);
}

function refusal(text: string, expected: string): SyntaxError {
  return new SyntaxError(`Cannot publish port "${text}": ${expected}`);
}
