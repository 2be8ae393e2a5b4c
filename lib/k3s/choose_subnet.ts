/** Private addresses that Docker does not give out by itself, in pieces of 256. */
const POOL = "172.29";
const PIECES = 256;

/** An IPv4 network. */
interface Subnet {
  readonly base: number;
  readonly bits: number;
}

/**
 * The subnets a cluster may have, the likeliest to be free first: by its name, so that it is the
 * same every time, and clusters that are made at once do not meet.
 *
 * @param name The cluster's name. @param taken Networks that are in use, as CIDR.
 */
export function candidateSubnets(name: string, taken: readonly string[]): readonly string[] {
  const used = taken.flatMap((text) => parseSubnet(text) ?? []);
  const start = [...name].reduce((hash, letter) => (hash * 31 + letter.charCodeAt(0)) % 65521, 7);
  return Array.from({ length: PIECES }, (_, index) => `${POOL}.${(start + index) % PIECES}.0/24`)
    .filter((text) => {
      const subnet = parseSubnet(text);
      return subnet !== undefined && !used.some((other) => overlap(subnet, other));
    });
}

/**
 * The addresses for the nodes of a cluster: those behind the gateway, which is the first.
 *
 * @param cidr The subnet. @param taken Addresses that are in use.
 * @throws {RangeError} When the subnet is too small.
 * @throws {SyntaxError} When it is no IPv4 subnet.
 */
export function assignAddresses(
  cidr: string,
  count: number,
  taken: readonly string[] = [],
): readonly string[] {
  const subnet = parseSubnet(cidr) ?? refuseSubnet(cidr);
  const last = subnet.base + 2 ** (32 - subnet.bits) - 1;
  const addresses: string[] = [];
  for (let address = subnet.base + 2; address < last && addresses.length < count; address++) {
    const text = formatAddress(address);
    if (!taken.includes(text)) addresses.push(text);
  }
  if (addresses.length === count) return addresses;
  throw new RangeError(
    `Cannot place ${count} nodes in subnet "${cidr}": expected as many free addresses, got ` +
      addresses.length,
  );
}

/**
 * Addresses for what is in a cluster's network besides its nodes: the last ones, so that nodes which
 * come later have theirs.
 *
 * @param cidr The subnet. @param taken Addresses that are in use.
 * @throws {SyntaxError} When it is no IPv4 subnet.
 */
export function lastAddresses(
  cidr: string,
  count: number,
  taken: readonly string[] = [],
): readonly string[] {
  const { base, bits } = parseSubnet(cidr) ?? refuseSubnet(cidr);
  const addresses: string[] = [];
  for (
    let address = base + 2 ** (32 - bits) - 2;
    address > base + 1 && addresses.length < count;
    address--
  ) {
    const text = formatAddress(address);
    if (!taken.includes(text)) addresses.push(text);
  }
  return addresses;
}

/** The first address of a subnet, which the engine's own bridge has. */
export function gatewayOf(cidr: string): string {
  const subnet = parseSubnet(cidr);
  return formatAddress((subnet?.base ?? 0) + 1);
}

function refuseSubnet(cidr: string): never {
  throw new SyntaxError(
    `Cannot use subnet "${cidr}": expected an IPv4 network such as 172.28.5.0/24`,
  );
}

function parseSubnet(text: string): Subnet | undefined {
  const [, address = "", size = ""] = /^(\d+(?:\.\d+){3})\/(\d{1,2})$/.exec(text) ?? [];
  const octets = address.split(".").map(Number);
  const bits = Number(size);
  if (octets.length !== 4 || octets.some((octet) => octet > 255) || bits < 1 || bits > 30) {
    return undefined;
  }
  const value = octets.reduce((sum, octet) => sum * 256 + octet, 0);
  return { base: value - value % 2 ** (32 - bits), bits };
}

function overlap(left: Subnet, right: Subnet): boolean {
  const size = 2 ** (32 - Math.min(left.bits, right.bits));
  return Math.floor(left.base / size) === Math.floor(right.base / size);
}

function formatAddress(value: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join(".");
}
