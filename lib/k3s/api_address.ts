/** Where the API of a cluster is published on the host. */
export interface ApiAddress {
  /** The name or address that clients use. */
  readonly host?: string;
  /** The address of the host that it listens on. */
  readonly hostIp?: string;
  /** The port; a free one when absent. */
  readonly port?: number;
}

/**
 * Turns `[HOST:]PORT` into an address; the port may be `random`.
 *
 * @throws {SyntaxError} For a port outside of 1 to 65535, and an IPv6 host without brackets.
 */
export function parseApiAddress(text: string): ApiAddress {
  const [, host, digits = ""] =
    /^(?:(\[[0-9a-fA-F:.]+\]|[^:[\]]+):)?(\d{1,5}|random)$/.exec(text) ??
      [];
  const port = Number(digits);
  if (digits === "" || (digits !== "random" && (port < 1 || port > 65535))) {
    throw new SyntaxError(
      `Cannot publish the API at "${text}": expected [HOST:]PORT, with a port of 1 to 65535 or ` +
        `"random"`,
    );
  }
  return {
    ...(host === undefined ? {} : splitHost(host.replace(/^\[(.*)\]$/, "$1"))),
    ...(digits === "random" ? {} : { port }),
  };
}

function splitHost(host: string): Pick<ApiAddress, "host" | "hostIp"> {
  const isAddress = /^[\d.]+$/.test(host) || host.includes(":");
  return isAddress ? { host, hostIp: host } : { host };
}
