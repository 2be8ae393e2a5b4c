import { findCommand, run } from "./command.ts";
import { conditionalTest } from "./conditional.ts";
import type { Engine } from "./engine.ts";
import { tempDir } from "./temp_dir.ts";

const CLAMPED = new URL("./engine/runc-clamped", import.meta.url).pathname;
const COMMANDS = ["podman", "docker", "docker-init", "netavark", "runc"];

/**
 * Registers a test of podman as the engine: its service, which answers the `docker` command, with
 * all that it keeps in a directory of the test's own.
 */
export function podmanTest(name: string, fn: (engine: Engine) => Promise<void>): void {
  const missing = COMMANDS.filter((command) => pathOf(command) === undefined);
  const why = missing.length > 0
    ? `${missing.join(", ")} not installed`
    : Deno.uid() === 0
    ? undefined
    : "not run by root";
  conditionalTest(name, why, async () => {
    await using engine = await startPodman();
    await fn(engine);
  });
}

/** The helpers of podman are in no directory of PATH. */
function pathOf(command: string): string | undefined {
  return findCommand(command) ??
    [`/usr/lib/podman/${command}`, `/usr/libexec/podman/${command}`].find((path) => {
      try {
        return Deno.statSync(path).isFile;
      } catch {
        return false;
      }
    });
}

async function startPodman(): Promise<Engine & AsyncDisposable> {
  await using scope = new AsyncDisposableStack();
  const dir = scope.use(await tempDir());
  await Deno.writeTextFile(
    dir.join("containers.conf"),
    `[network]
network_config_dir = "${dir.join("networks")}"
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
init_path = "${pathOf("docker-init")}"
runtime = "clamped"
tmp_dir = "${dir.join("tmp")}"
volume_path = "${dir.join("volumes")}"
[engine.runtimes]
clamped = ["${CLAMPED}"]
`,
  );
  await Deno.writeTextFile(
    dir.join("storage.conf"),
    `[storage]
driver = "overlay"
graphroot = "${dir.join("root")}"
runroot = "${dir.join("run")}"
`,
  );
  const host = `unix://${dir.join("podman.sock")}`;
  const child = new Deno.Command(pathOf("podman") ?? "podman", {
    args: ["system", "service", "--time", "0", host],
    env: {
      CONTAINERS_CONF: dir.join("containers.conf"),
      CONTAINERS_STORAGE_CONF: dir.join("storage.conf"),
    },
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  scope.defer(async () => {
    child.kill("SIGTERM");
    await child.status;
    await run("umount", [dir.join("root/overlay")]); // podman leaves it mounted
  });
  const env = { DOCKER_HOST: host };
  for (let attempt = 0; (await run("docker", ["version"], { env })).code !== 0; attempt++) {
    if (attempt > 100) throw new Error("Cannot start podman: it did not answer in 10 s");
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const owned = scope.move();
  return { host, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}
