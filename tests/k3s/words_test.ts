/** k3d's small languages: filters, ports, volumes, and the rest of the flags' values. */
import { assertEquals, assertThrows } from "@std/assert";
import { parseApiAddress } from "../../lib/k3s/api_address.ts";
import { formatDuration, parseDuration } from "../../lib/k3s/duration.ts";
import { parseHostAlias } from "../../lib/k3s/host_alias.ts";
import { parseRuntimeLabel } from "../../lib/k3s/key_value.ts";
import { parseClusterName } from "../../lib/k3s/names.ts";
import { type NodeIdentity, parseNodeFilter, selectNodes } from "../../lib/k3s/node_filter.ts";
import { formatPublished, parsePortMappings } from "../../lib/k3s/port_mapping.ts";
import { splitFilters } from "../../lib/k3s/split_filters.ts";
import { parseUlimit } from "../../lib/k3s/ulimit.ts";
import { formatVolumeMount, parseVolumeMount } from "../../lib/k3s/volume_mount.ts";

const NODES: readonly NodeIdentity[] = [
  { role: "server", index: 0 },
  { role: "agent", index: 0 },
  { role: "agent", index: 1 },
  { role: "agent", index: 2 },
  { role: "loadbalancer", index: 0 },
];

function selected(...filters: string[]): string {
  return selectNodes(NODES, filters.map(parseNodeFilter))
    .map(({ role, index }) => `${role}:${index}`).join(" ");
}

Deno.test.each([
  { filters: ["server:0", "agent:*"], nodes: "server:0 agent:0 agent:1 agent:2" },
  { filters: ["agents:0-1"], nodes: "agent:0 agent:1" },
  { filters: ["agent:1-"], nodes: "agent:1 agent:2" },
  { filters: ["agent:-0"], nodes: "agent:0" },
  { filters: ["agent:0,2"], nodes: "agent:0 agent:2" },
  { filters: ["agent:2", "agent:2", "servers:*"], nodes: "server:0 agent:2" },
  { filters: ["loadbalancer"], nodes: "loadbalancer:0" },
  { filters: ["all"], nodes: "server:0 agent:0 agent:1 agent:2 loadbalancer:0" },
  { filters: ["all", "server:0"], nodes: "server:0 agent:0 agent:1 agent:2 loadbalancer:0" },
])("filters $filters select $nodes", ({ filters, nodes }) => {
  assertEquals(selected(...filters), nodes);
});

Deno.test.each([
  { filter: "server", says: "expected which of them" },
  { filter: "agent:", says: "expected which of them" },
  { filter: "server:9", says: "expected an index below 1, got 9" },
  { filter: "agent:2-1", says: 'expected a range that goes up, got "2-1"' },
  { filter: "foo:0", says: 'expected "server:0"' },
  { filter: "", says: 'expected "server:0"' },
  { filter: "server:x", says: 'expected "server:0"' },
  { filter: "server:-", says: 'expected "server:0"' },
  { filter: "server:0:bogus", says: 'expected "proxy", "direct" or nothing' },
  { filter: "server:0:direct:x", says: 'expected "proxy", "direct" or nothing' },
])("filter $filter is refused", ({ filter, says }) => {
  assertThrows(() => selected(filter), SyntaxError, says);
});

Deno.test.each([
  { text: "A=1", value: "A=1", filters: [] },
  { text: "A=1@server:0", value: "A=1", filters: ["server:0"] },
  { text: "A=1@server:0;agent:*", value: "A=1", filters: ["server:0", "agent:*"] },
  { text: String.raw`KEY=user\@pw@server:0`, value: "KEY=user@pw", filters: ["server:0"] },
  { text: String.raw`KEY=a\\@server:0`, value: String.raw`KEY=a` + "\\", filters: ["server:0"] },
  { text: String.raw`KEY=a\b@server:0`, value: String.raw`KEY=a\b`, filters: ["server:0"] },
])("splitFilters() takes $text apart", ({ text, value, filters }) => {
  assertEquals(splitFilters(text), { value, filters });
});

Deno.test.each(["a@b@c", "a@", "a@b@"])("splitFilters() refuses %s", (text) => {
  assertThrows(() => splitFilters(text), SyntaxError, `Cannot use "${text}"`);
});

Deno.test.each([
  { text: "80", published: "80/tcp" },
  { text: "8080:80", published: "8080:80/tcp" },
  { text: "127.0.0.1:8080:80/udp", published: "127.0.0.1:8080:80/udp" },
  { text: "127.0.0.1::80", published: "127.0.0.1::80/tcp" },
  { text: "[::1]:1:2", published: "[::1]:1:2/tcp" },
  { text: "8000-8001:80-81", published: "8000:80/tcp 8001:81/tcp" },
  { text: "53-54/udp", published: "53/udp 54/udp" },
])("port $text is published as $published", ({ text, published }) => {
  assertEquals(parsePortMappings(text).map(formatPublished).join(" "), published);
});

Deno.test.each([
  { text: "8000-8002:80-81", says: "expected ranges of one length, got 3 and 2" },
  { text: "81-80", says: "expected a range that goes up" },
  { text: "0:80", says: "1 to 65535" },
  { text: "80:70000", says: "1 to 65535" },
  { text: "80/icmp", says: "1 to 65535" },
  { text: "", says: "1 to 65535" },
  { text: "web:80:80", says: 'expected an IP address, got "web"' },
  { text: "1:2:3:4", says: "Cannot publish" },
])("port $text is refused", ({ text, says }) => {
  assertThrows(() => parsePortMappings(text), SyntaxError, says);
});

Deno.test.each([
  { text: "/src:/app", mount: "/src:/app" },
  { text: "/src:/app:ro,shared", mount: "/src:/app:ro,shared" },
  { text: "/data", mount: "/data" },
  { text: "cache:/var/cache", mount: "cache:/var/cache" },
  { text: "/s:k3s-storage", mount: "/s:/var/lib/rancher/k3s/storage" },
  {
    text: "/m.yaml:k3s-manifests/m.yaml",
    mount: "/m.yaml:/var/lib/rancher/k3s/server/manifests/m.yaml",
  },
])("volume $text is mounted as $mount", ({ text, mount }) => {
  assertEquals(formatVolumeMount(parseVolumeMount(text)), mount);
});

Deno.test.each(["a:b", "/a:/b:ro:x", "/a:", "", ":/b", "/a::ro", "/a:constructor"])(
  "volume %j is refused",
  (text) => {
    assertThrows(() => parseVolumeMount(text), SyntaxError, `Cannot mount "${text}"`);
  },
);

Deno.test.each([
  { text: "6550", address: { port: 6550 } },
  { text: "random", address: {} },
  { text: "0.0.0.0:6550", address: { host: "0.0.0.0", hostIp: "0.0.0.0", port: 6550 } },
  { text: "my.host:random", address: { host: "my.host" } },
  { text: "[::1]:6550", address: { host: "::1", hostIp: "::1", port: 6550 } },
])("API address $text is read", ({ text, address }) => {
  assertEquals<unknown>(parseApiAddress(text), address);
});

Deno.test.each(["70000", "0", "::1:6550", "host", "host:", "a:b:1", ""])(
  "API address %j is refused",
  (text) => {
    assertThrows(() => parseApiAddress(text), SyntaxError, "expected [HOST:]PORT");
  },
);

Deno.test.each([
  { text: "90s", milliseconds: 90_000, shortest: "90s" },
  { text: "1m30s", milliseconds: 90_000, shortest: "90s" },
  { text: "2m", milliseconds: 120_000, shortest: "2m" },
  { text: "1.5h", milliseconds: 5_400_000, shortest: "90m" },
  { text: "250ms", milliseconds: 250, shortest: "250ms" },
  { text: "0", milliseconds: 0, shortest: "0ms" },
])("duration $text is $milliseconds ms", ({ text, milliseconds, shortest }) => {
  assertEquals([parseDuration(text), formatDuration(milliseconds)], [milliseconds, shortest]);
});

Deno.test.each(["", "5", "5x", "-5s", "s", "5s5"])("duration %j is refused", (text) => {
  assertThrows(() => parseDuration(text), SyntaxError, "expected a duration");
});

Deno.test.each(["", "A", "Foo_bar", "-a", "a-", "a.b", "a".repeat(33), "ä"])(
  "name %j is refused",
  (text) => {
    assertThrows(() => parseClusterName(text), SyntaxError, "expected at most 32");
  },
);

Deno.test("a name of 32 letters, digits and dashes is good", () => {
  const name = `a${"-".repeat(30)}9`;
  assertEquals(parseClusterName(name), name);
});

Deno.test.each(["app=x", "davit.cluster=x", "k3d.role=x", "k3s.y=x", "=x"])(
  "runtime label %s is refused",
  (text) => {
    assertThrows(() => parseRuntimeLabel(text), SyntaxError);
  },
);

Deno.test("hosts, limits and labels are read", () => {
  assertEquals(parseHostAlias("10.0.0.1:a,b.c"), { ip: "10.0.0.1", hostnames: ["a", "b.c"] });
  assertEquals(parseHostAlias("[fd00::1]:a"), { ip: "fd00::1", hostnames: ["a"] });
  assertEquals(parseUlimit("nofile=1:2"), { name: "nofile", soft: 1, hard: 2 });
  assertEquals(parseUlimit("core=-1"), { name: "core", soft: -1, hard: -1 });
  assertEquals(parseRuntimeLabel("a=b=c"), ["a", "b=c"]);
  for (const text of ["10.0.0.1", "x:a", "10.0.0.1:", "10.0.0.1:a,", "10.0.0.1:a b"]) {
    assertThrows(() => parseHostAlias(text), SyntaxError, "IP:NAME");
  }
  for (const text of ["files=1", "nofile", "nofile=x"]) {
    assertThrows(() => parseUlimit(text), SyntaxError, "NAME=SOFT");
  }
});
