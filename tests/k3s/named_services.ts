import { runOk } from "../support/command.ts";

/** Has every node tell its name on 8080/tcp and 5353/udp. */
export async function serveNames(nodes: readonly string[]): Promise<void> {
  for (const node of nodes) {
    const listen = ["TCP-LISTEN:8080,fork,reuseaddr", "UDP-LISTEN:5353,fork,reuseaddr"];
    for (const address of listen) {
      await runOk("docker", ["exec", "-d", node, "socat", address, `SYSTEM:echo ${node}`]);
    }
  }
  await new Promise((resolve) => setTimeout(resolve, 300));
}

/** Who answers on a TCP port of this machine. */
export async function askTcp(port: number): Promise<string> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  return (await new Response(connection.readable).text()).trim();
}

/** All who answer on a TCP port of this machine, in the order of their names. */
export async function askManyTcp(port: number): Promise<readonly string[]> {
  const told = new Set<string>();
  for (let attempt = 0; attempt < 20; attempt++) told.add(await askTcp(port));
  return [...told].sort();
}

/** Who answers on a UDP port of this machine, which may lose a question. */
export async function askUdp(port: number): Promise<string> {
  for (let attempt = 0; attempt < 5; attempt++) {
    const { stdout } = await runOk("socat", ["-T", "2", "-", `UDP:127.0.0.1:${port}`], {
      stdin: "?\n",
    });
    const [answer = ""] = stdout.trim().split("\n");
    if (answer !== "") return answer;
  }
  return "";
}

/** A port of this machine that nobody listens on. */
export function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return (listener.addr as Deno.NetAddr).port;
}
