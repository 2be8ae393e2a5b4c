import { runDavit } from "../support/cli.ts";
import type { CommandResult } from "../support/command.ts";
import type { NodeEngine } from "../support/node_image.ts";
import type { TempDir } from "../support/temp_dir.ts";

/** Applies a config; the result with the docker commands that it took. */
type Apply = (
  spec: Record<string, unknown>,
  flags?: readonly string[],
) => Promise<CommandResult & { readonly calls: readonly string[] }>;

/** Writes config files of a cluster and applies them; tells the docker commands that it took. */
export async function applier(dir: TempDir, name: string, engine: NodeEngine): Promise<Apply> {
  const log = dir.join("calls");
  const docker = dir.join("docker-noting");
  const script =
    `#!/bin/sh\nprintf '%s\\n' "$(echo "$*" | head -n 1)" >>${log}\nexec docker "$@"\n`;
  await Deno.writeTextFile(docker, script, { mode: 0o755 });
  const env = { KUBECONFIG: dir.join("kubeconfig"), HOME: dir.path, DAVIT_DOCKER: docker };
  return async (spec: Record<string, unknown>, flags: readonly string[] = []) => {
    const config = {
      apiVersion: "k3d.io/v1alpha5",
      kind: "Simple",
      metadata: { name },
      image: engine.image,
      ...spec,
    };
    await Deno.writeTextFile(dir.join("cluster.yaml"), JSON.stringify(config));
    await Deno.writeTextFile(log, "");
    const result = await runDavit(
      ["cluster", "apply", "-c", dir.join("cluster.yaml"), ...flags],
      { env },
    );
    const calls = (await Deno.readTextFile(log)).trim().split("\n");
    const refusals = [0, 5];
    if (!refusals.includes(result.code)) throw new Error(result.stderr);
    return { ...result, calls };
  };
}
