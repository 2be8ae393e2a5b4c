/**
 * How far away an address is: on this machine, in a private network, in the open; `forbidden` is
 * what no server may send anyone to (link-local, where clouds keep their secrets; multicast).
 */
export type Distance = "forbidden" | "loopback" | "private" | "public";

interface Range {
  readonly prefix: readonly number[];
  readonly bits: number;
  readonly distance: Distance;
}

const IPV4: readonly Range[] = [
  range([127, 0, 0, 0], 8, "loopback"),
  range([10, 0, 0, 0], 8, "private"),
  range([100, 64, 0, 0], 10, "private"),
  range([172, 16, 0, 0], 12, "private"),
  range([192, 168, 0, 0], 16, "private"),
  range([198, 18, 0, 0], 15, "private"),
  range([0, 0, 0, 0], 8, "forbidden"),
  range([169, 254, 0, 0], 16, "forbidden"),
  range([192, 0, 0, 0], 24, "forbidden"),
  range([224, 0, 0, 0], 3, "forbidden"),
];

const IPV6: readonly Range[] = [
  range([...Array<number>(15).fill(0), 1], 128, "loopback"),
  range([0xfd, 0, 0x0e, 0xc2], 32, "forbidden"), // a cloud's metadata service
  range([0xfc], 7, "private"),
  range([0xfe, 0xc0], 10, "private"),
  range([0xfe, 0x80], 10, "forbidden"),
  range([0xff], 8, "forbidden"),
  range(Array<number>(16).fill(0), 128, "forbidden"),
];

/** Where IPv6 addresses carry an IPv4 one: the prefix, and the byte at which it begins. */
const EMBEDDED: readonly { readonly prefix: readonly number[]; readonly at: number }[] = [
  { prefix: [...Array<number>(10).fill(0), 0xff, 0xff], at: 12 },
  { prefix: Array<number>(12).fill(0), at: 12 },
  { prefix: [0, 0x64, 0xff, 0x9b, ...Array<number>(8).fill(0)], at: 12 },
  { prefix: [0x20, 0x02], at: 2 },
];

/** The distance of an IP address (IPv6 with or without brackets), or `undefined` for other text. */
export function distanceOf(address: string): Distance | undefined {
  const bytes = parseIPv4(address) ?? parseIPv6(address);
  return bytes === undefined ? undefined : classify(bytes);
}

function classify(bytes: readonly number[]): Distance {
  const known = (bytes.length === 4 ? IPV4 : IPV6).find(({ prefix, bits }) =>
    startsWith(bytes, prefix, bits)
  );
  if (known !== undefined) return known.distance;
  const embedded = bytes.length === 4
    ? undefined
    : EMBEDDED.find(({ prefix }) => startsWith(bytes, prefix, prefix.length * 8));
  return embedded === undefined ? "public" : classify(bytes.slice(embedded.at, embedded.at + 4));
}

function startsWith(bytes: readonly number[], prefix: readonly number[], bits: number): boolean {
  return prefix.every((expected, index) => {
    const wanted = Math.max(0, Math.min(8, bits - index * 8));
    return (((bytes[index] ?? 0) ^ expected) >> (8 - wanted)) === 0;
  });
}

function range(prefix: readonly number[], bits: number, distance: Distance): Range {
  return { prefix, bits, distance };
}

function parseIPv4(text: string): number[] | undefined {
  if (!/^\d{1,3}(?:\.\d{1,3}){3}$/.test(text)) return undefined;
  const bytes = text.split(".").map(Number);
  return bytes.every((byte) => byte <= 255) ? bytes : undefined;
}

/** Has the URL parser canonicalize the address, then writes out its sixteen bytes. */
function parseIPv6(text: string): number[] | undefined {
  const bare = text.replace(/^\[|\]$/g, "").replace(/%.*$/, "");
  if (!bare.includes(":")) return undefined;
  const canonical = URL.parse(`http://[${bare}]/`)?.hostname.slice(1, -1);
  if (canonical === undefined) return undefined;
  const [head = [], tail = []] = canonical.split("::").map((half) =>
    half.split(":").filter(Boolean).map((group) => parseInt(group, 16))
  );
  const zeros = Array<number>(8 - head.length - tail.length).fill(0);
  return [...head, ...zeros, ...tail].flatMap((group) => [group >> 8, group & 0xff]);
}
