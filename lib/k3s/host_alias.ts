import type { HostAliasSpec } from "./spec.ts";

const NAME_REGEXP = /^[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?$/;

/**
 * Turns `IP:NAME[,NAME]` into the names of a host.
 *
 * @throws {SyntaxError} For what is no address, or no name.
 */
export function parseHostAlias(text: string): HostAliasSpec {
  const [, ip = "", names = ""] =
    /^(\d{1,3}(?:\.\d{1,3}){3}|\[[0-9a-fA-F:.]+\]):(.+)$/.exec(text) ??
      [];
  const hostnames = names.split(",");
  if (ip === "" || !hostnames.every((name) => NAME_REGEXP.test(name))) {
    throw new SyntaxError(`Cannot name hosts by "${text}": expected IP:NAME[,NAME]`);
  }
  return { ip: ip.replace(/^\[(.*)\]$/, "$1"), hostnames };
}
