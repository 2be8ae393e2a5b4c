/** Replacements of nodes that were broken off, by SIGKILL, at each of their points. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { DAVIT, runDavit, runDavitOk } from "../support/cli.ts";
import { findCommand, run, runOk } from "../support/command.ts";
import { nodeTest } from "../support/node_image.ts";
import { tempDir } from "../support/temp_dir.ts";
import { inNode, inspect, makeCluster, remainsOf } from "./cluster.ts";

/** The docker command before which davit is killed, and whether the node has the new image then. */
const POINTS: readonly { readonly before: string; readonly isNew: boolean }[] = [
  { before: "stop NODE", isNew: false },
  { before: "rename NODE NODE-before", isNew: false },
  { before: "rename NODE-next NODE", isNew: false },
  { before: "start NODE", isNew: false },
  { before: "exec NODE", isNew: true },
  { before: "rm --force --volumes NODE-before", isNew: true },
];

/** A `docker` that kills davit instead of running one command. */
async function killingDocker(path: string, command: string): Promise<string> {
  const script = `#!/bin/sh
case "$* " in "${command} "*) kill -KILL $PPID; exit 1 ;; esac
exec ${findCommand("docker")} "$@"
`;
  await Deno.writeTextFile(path, script, { mode: 0o755 });
  return path;
}

nodeTest("a node whose replacement was killed is put right by a start", async (engine, t) => {
  await using dir = await tempDir();
  await using cluster = await makeCluster(engine);
  const { name } = cluster;
  const node = `davit-${name}-server-0`;
  const newer = `davit-test/newer:${name}`;
  await runOk("docker", ["commit", "--change", "ENV NEWER=1", node, newer]);
  await using _image = {
    [Symbol.asyncDispose]: async () => void await runOk("docker", ["rmi", "--force", newer]),
  };
  const note = "/var/lib/rancher/k3s/note";
  await inNode(node, "sh", "-c", `echo kept >${note}`);
  const made = await remainsOf(name);
  let image = engine.image;

  for (const { before, isNew } of POINTS) {
    await t.step(`before docker ${before}`, async () => {
      const docker = await killingDocker(dir.join("docker"), before.replaceAll("NODE", node));
      const env = { DOCKER_HOST: engine.host, DAVIT_DOCKER: docker };
      const next = image === newer ? engine.image : newer;
      const upgrade = ["cluster", "upgrade", name, "--image", next];
      const { code } = await run(Deno.execPath(), [...DAVIT, ...upgrade], { env });
      assert(code > 128, `exit code ${code}`);
      const again = await runDavit(upgrade);
      assertEquals(again.code, 1);
      assertStringIncludes(again.stderr, `davit cluster start ${name}`);

      await runDavitOk(["cluster", "start", name]);
      if (isNew) image = next;
      const { Config, State } = await inspect(node);
      assertEquals([Config.Image, State.Running], [image, true]);
      assertEquals(await remainsOf(name), made);
      assertEquals(await inNode(node, "cat", note), "kept\n");
    });
  }
});
