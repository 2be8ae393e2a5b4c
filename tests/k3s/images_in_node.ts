import { runOk } from "../support/command.ts";
import { inNode } from "./cluster.ts";

/** How containerd's own client is asked in a node. */
export const CTR: readonly string[] = ["ctr", "--namespace", "k8s.io"];

/** What a node says of an image: its digest and whether all of it is there. */
export async function imageIn(node: string, name: string): Promise<string> {
  const listed = await inNode(node, ...CTR, "images", "check", `name=="${name}"`);
  return listed.split("\n").find((line) => line.startsWith(`${name} `)) ?? "";
}

/** The names of all images of a node. */
export async function namesIn(node: string): Promise<string[]> {
  return (await inNode(node, ...CTR, "images", "ls", "--quiet")).trim().split("\n");
}

/** What an import may leave behind: leases, half-written content and temporary files. */
export async function leftoversIn(node: string): Promise<string> {
  const ctr = CTR.join(" ");
  const script =
    `${ctr} leases ls --quiet; ${ctr} content active | tail -n +2; ls /tmp | grep -v answer;
    ps | grep -E '[i]mages (import|pull)'; true`;
  return (await inNode(node, "sh", "-c", script)).trim();
}

/** Has a node refuse images, in whatever way they come. */
export async function breakImports(
  node: string,
  ...ways: readonly ("images import" | "images pull")[]
): Promise<void> {
  const refused = ways.length === 0 ? ["images import", "images pull"] : ways;
  const script = "mv /bin/ctr /bin/ctr.real && cat >/bin/ctr && chmod +x /bin/ctr";
  await runOk("docker", ["exec", "-i", node, "sh", "-c", script], {
    stdin: `#!/bin/sh
case "$*" in ${
      refused.map((words) => `*"${words}"*`).join(" | ")
    }) echo "ctr: out of luck" >&2; exit 1 ;; esac
exec ctr.real "$@"
`,
  });
}
