import { assertEquals, assertRejects } from "@std/assert";
import { PolicyError } from "../../lib/errors.ts";
import { distanceOf } from "../../lib/registry/address.ts";
import { Policy } from "../../lib/registry/policy.ts";

const DISTANCES: readonly (readonly [string, string | undefined])[] = [
  ["127.0.0.1", "loopback"],
  ["127.255.255.254", "loopback"],
  ["[::1]", "loopback"],
  ["::ffff:127.0.0.1", "loopback"],
  ["10.0.0.1", "private"],
  ["172.16.0.1", "private"],
  ["172.31.255.255", "private"],
  ["172.32.0.1", "public"],
  ["192.168.1.1", "private"],
  ["100.64.0.1", "private"],
  ["100.128.0.1", "public"],
  ["fd12:3456::1", "private"],
  ["64:ff9b::10.0.0.1", "private"],
  ["2002:0a00:0001::", "private"],
  ["169.254.169.254", "forbidden"],
  ["[::ffff:a9fe:a9fe]", "forbidden"],
  ["fe80::1%eth0", "forbidden"],
  ["fd00:ec2::254", "forbidden"],
  ["0.0.0.0", "forbidden"],
  ["::", "forbidden"],
  ["224.0.0.1", "forbidden"],
  ["255.255.255.255", "forbidden"],
  ["ff02::1", "forbidden"],
  ["8.8.8.8", "public"],
  ["2001:4860:4860::8888", "public"],
  ["registry.example", undefined],
  ["256.0.0.1", undefined],
  ["1.2.3", undefined],
];

for (const [address, expected] of DISTANCES) {
  Deno.test({
    name: `distanceOf(${address}) is ${expected ?? "no address"}`,
    permissions: "none",
    fn: () => assertEquals(distanceOf(address), expected),
  });
}

const NAMES: Readonly<Record<string, readonly string[]>> = {
  "registry.example": ["203.0.113.1"],
  "cdn.example": ["203.0.113.2", "2001:db8::2"],
  "metadata.example": ["203.0.113.3", "169.254.169.254"],
  "intranet.example": ["10.1.2.3"],
  "rebind.example": ["127.0.0.1"],
};

const CASES: readonly {
  readonly registry: string;
  readonly target: string;
  readonly refused?: string;
}[] = [
  { registry: "https://registry.example", target: "https://registry.example/elsewhere" },
  { registry: "https://registry.example", target: "https://cdn.example/blob?sig=x" },
  { registry: "https://registry.example", target: "https://unknown.example/" },
  {
    registry: "https://registry.example",
    target: "http://cdn.example/",
    refused: "expected https",
  },
  { registry: "https://registry.example", target: "http://registry.example/", refused: "https" },
  { registry: "https://registry.example", target: "file:///etc/passwd", refused: "http or https" },
  {
    registry: "https://registry.example",
    target: "https://u:p@cdn.example/",
    refused: "user name",
  },
  { registry: "https://registry.example", target: "https://127.0.0.1/", refused: "loopback" },
  { registry: "https://registry.example", target: "https://localhost/", refused: "loopback" },
  { registry: "https://registry.example", target: "https://2130706433/", refused: "loopback" },
  { registry: "https://registry.example", target: "https://10.0.0.1/", refused: "private" },
  { registry: "https://registry.example", target: "https://[fd00::1]/", refused: "private" },
  {
    registry: "https://registry.example",
    target: "https://169.254.169.254/",
    refused: "link-local",
  },
  {
    registry: "https://registry.example",
    target: "https://metadata.example/",
    refused: "link-local",
  },
  { registry: "https://registry.example", target: "https://intranet.example/", refused: "private" },
  { registry: "https://registry.example", target: "https://rebind.example/", refused: "loopback" },
  { registry: "https://intranet.example", target: "https://10.9.9.9/" },
  { registry: "https://intranet.example", target: "https://127.0.0.1/", refused: "loopback" },
  { registry: "http://127.0.0.1:5000", target: "http://127.0.0.1:5001/token" },
  { registry: "http://127.0.0.1:5000", target: "http://10.0.0.1/" },
  { registry: "http://127.0.0.1:5000", target: "http://169.254.169.254/", refused: "link-local" },
  { registry: "http://169.254.1.1:5000", target: "http://169.254.1.1:5000/v2/" },
];

for (const { registry, target, refused } of CASES) {
  Deno.test({
    name: `Policy ${refused === undefined ? "lets" : "refuses"} ${registry} lead to ${target}`,
    permissions: "none",
    async fn() {
      const policy = new Policy((host) => {
        return NAMES[host] ? Promise.resolve(NAMES[host]) : Promise.reject(new Error("no such"));
      });
      const from = new URL(registry);
      const named = { target: new URL(target), kind: "redirect", from, registry: from };
      if (refused === undefined) await policy.check(named);
      else {
        const error = await assertRejects(() => policy.check(named), PolicyError, refused);
        assertEquals(error.message.includes(":p@"), false);
      }
    },
  });
}
