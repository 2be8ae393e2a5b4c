import { findCommand, run, runOk } from "./command.ts";
import { conditionalTest } from "./conditional.ts";
import type { Engine } from "./engine.ts";
import { tempDir } from "./temp_dir.ts";

const HERE = new URL("./engine", import.meta.url).pathname;
const COMMANDS = ["dockerd", "docker", "ip", "nsenter"];

/** An engine that nobody else uses. */
export interface OwnEngine extends Engine, AsyncDisposable {
  /** Stops it and starts it again, as an update of it or a restart of its machine does. */
  restart(): Promise<void>;
}

/**
 * Registers a test that has a Docker engine of its own. The engine is in a network of its own too,
 * since two would share the bridge that both take for theirs.
 */
export function ownEngineTest(
  name: string,
  fn: (engine: OwnEngine, t: Deno.TestContext) => Promise<void>,
): void {
  const missing = COMMANDS.filter((command) => findCommand(command) === undefined);
  const why = missing.length > 0
    ? `${missing.join(", ")} not installed`
    : Deno.uid() === 0
    ? undefined
    : "not run by root";
  conditionalTest(name, why, async (t) => {
    await using engine = await startOwnEngine();
    await fn(engine, t);
  });
}

async function startOwnEngine(): Promise<OwnEngine> {
  await using scope = new AsyncDisposableStack();
  const dir = scope.use(await tempDir());
  const network = `davit-${crypto.randomUUID().slice(0, 8)}`;
  await runOk("ip", ["netns", "add", network]);
  scope.defer(async () => void await runOk("ip", ["netns", "delete", network]));
  await runOk("ip", ["-n", network, "link", "set", "lo", "up"]);
  const up = () =>
    runOk("nsenter", [`--net=/run/netns/${network}`, `${HERE}/docker-up.sh`, dir.path]);
  scope.defer(async () => void await runOk(`${HERE}/docker-down.sh`, [dir.path]));
  await up();
  const owned = scope.move();
  return {
    host: `unix://${dir.join("docker.sock")}`,
    async restart() {
      const pid = (await Deno.readTextFile(dir.join("pid"))).trim();
      await runOk("kill", [pid]);
      while (await isAlive(pid)) await new Promise((resolve) => setTimeout(resolve, 100));
      await up();
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** A process that ended but was not yet reaped counts as gone. */
async function isAlive(pid: string): Promise<boolean> {
  const { stdout } = await run("cat", [`/proc/${pid}/status`]);
  return /^State:\s*[^ZX\s]/m.test(stdout);
}
