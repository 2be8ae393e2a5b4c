/** Ctrl-C in the middle of a creation, before and after each of its docker commands. */
import { assertEquals } from "@std/assert";
import { DAVIT } from "../support/cli.ts";
import { findCommand, run } from "../support/command.ts";
import { type NodeEngine, nodeTest } from "../support/node_image.ts";
import { type TempDir, tempDir } from "../support/temp_dir.ts";
import { cleanUp, remainsOf, uniqueName } from "./cluster.ts";

/** The commands that ask, before anything is made. */
const QUESTIONS = 6;
const POINTS = 20;
const AT_ONCE = 4;

/** A `docker` that interrupts davit at its Nth run, before or after it does its work. */
async function interruptingDocker(dir: TempDir, point: Point): Promise<string> {
  const path = dir.join("docker");
  const docker = findCommand("docker");
  await Deno.writeTextFile(
    path,
    `#!/bin/sh
n=1
until mkdir ${dir.path}/run.$n 2>/dev/null; do n=$((n + 1)); done
when=${point.when}
[ "$1" != events ] || when=before # it has no end by itself
[ $n -ne ${point.run} ] || [ $when = after ] || kill -INT $PPID
[ $n -eq ${point.run} ] && [ $when = after ] || exec ${docker} "$@"
${docker} "$@"
code=$?
kill -INT $PPID
exit $code
`,
    { mode: 0o755 },
  );
  return path;
}

interface Point {
  readonly run: number;
  readonly when: "before" | "after";
}

async function interruptAt(engine: NodeEngine, point: Point): Promise<void> {
  await using dir = await tempDir();
  const name = uniqueName();
  await using _cleanUp = cleanUp(name, engine);
  const env = {
    KUBECONFIG: dir.join("kubeconfig"),
    DOCKER_HOST: engine.host,
    DAVIT_DOCKER: await interruptingDocker(dir, point),
  };
  const args = ["cluster", "create", name, "--image", engine.image, "--agents", "1"];
  const { code } = await run(Deno.execPath(), [...DAVIT, ...args], { env });
  assertEquals({ point, code, remains: await remainsOf(name) }, { point, code: 130, remains: [] });
}

nodeTest(`an interruption at any of ${POINTS} points leaves nothing behind`, async (engine) => {
  const points = Array.from({ length: POINTS }, (_, index): Point => ({
    run: QUESTIONS + Math.floor(index / 2),
    when: index % 2 === 0 ? "before" : "after",
  }));
  for (let start = 0; start < points.length; start += AT_ONCE) {
    const some = points.slice(start, start + AT_ONCE);
    await Promise.all(some.map((point) => interruptAt(engine, point)));
  }
});
