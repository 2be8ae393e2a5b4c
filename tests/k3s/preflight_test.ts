/** What is told of a machine before anything is made on it. */
import { assertEquals, assertMatch, assertRejects, assertThrows } from "@std/assert";
import { ClusterError } from "../../lib/errors.ts";
import { checkMachine, judgeSpace, judgeWatchers } from "../../lib/k3s/preflight.ts";

const DEMAND = { cluster: "dev", nodes: 1, dataRoot: undefined };
const GIB = 2 ** 30;

Deno.test("a TCP port that somebody listens on is named", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  await assertRejects(
    () => checkMachine({ ...DEMAND, ports: [`127.0.0.1:${port}:80`] }),
    ClusterError,
    `Cannot publish port "127.0.0.1:${port}:80/tcp" of cluster "dev"`,
  );
  await checkMachine({ ...DEMAND, ports: [`127.0.0.1:${port}:80/udp`, "80"] });
});

Deno.test("a UDP port that somebody listens on is named", async () => {
  const { createSocket } = await import("node:dgram");
  const socket = createSocket("udp4");
  const { promise, resolve } = Promise.withResolvers<void>();
  socket.bind(0, "127.0.0.1", resolve);
  await promise;
  const { port } = socket.address();
  await assertRejects(
    () => checkMachine({ ...DEMAND, ports: [`127.0.0.1:${port}:53/udp`] }),
    ClusterError,
    `${port}:53/udp`,
  );
  await checkMachine({ ...DEMAND, ports: [`127.0.0.1:${port}:53/tcp`] });
  const { promise: closed, resolve: close } = Promise.withResolvers<void>();
  socket.close(close);
  await closed;
});

Deno.test("an engine's disk that is nearly full is told, one that is full is refused", () => {
  const place = { cluster: "dev", dataRoot: "/var/lib/docker" };
  assertEquals(judgeSpace({ free: 50 * GIB, total: 100 * GIB }, place), []);
  const [warning = ""] = judgeSpace({ free: 4 * GIB, total: 100 * GIB }, place);
  assertMatch(warning, /"\/var\/lib\/docker" has 4096 MiB left, less than 5 %/);
  assertThrows(
    () => judgeSpace({ free: GIB / 8, total: 100 * GIB }, place),
    ClusterError,
    "expected space on the disk",
  );
});

Deno.test("watchers that are too few for the nodes are told, with the words that raise them", () => {
  assertEquals(judgeWatchers(128, { nodes: 1 }), []);
  assertEquals(judgeWatchers(8192, { nodes: 5 }), []);
  const [warning = ""] = judgeWatchers(128, { nodes: 5 });
  assertMatch(warning, /is 128, .* "sysctl fs\.inotify\.max_user_instances=512 /);
});
