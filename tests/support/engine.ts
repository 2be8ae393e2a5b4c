import { findCommand } from "./command.ts";
import { conditionalTest } from "./conditional.ts";

/** The engine a test may use. */
export interface Engine {
  /** Its address, as `DOCKER_HOST` wants it. */
  readonly host: string;
}

/**
 * Registers a test against a real Docker engine: the one of `DOCKER_HOST`, or the one on the
 * default socket.
 *
 * Where no engine answers the test is skipped and says so; on CI (`CI=true`) it fails.
 */
export function engineTest(
  name: string,
  fn: (docker: Engine, t: Deno.TestContext) => Promise<void> | void,
): void {
  const { host, missing } = probed ??= probe();
  conditionalTest(name, missing, (t) => fn({ host }, t));
}

interface Probe {
  readonly host: string;
  readonly missing: string | undefined;
}

/** One question for every test of a file: the answer does not change while they run. */
let probed: Probe | undefined;

function probe(): Probe {
  const host = Deno.env.get("DOCKER_HOST") ?? "unix:///var/run/docker.sock";
  const docker = findCommand("docker");
  if (docker === undefined) return { host, missing: "docker not installed" };
  const { success } = new Deno.Command(docker, {
    args: ["version", "--format", "{{.Server.Version}}"],
    env: { DOCKER_HOST: host },
    stdout: "null",
    stderr: "null",
  }).outputSync();
  return { host, missing: success ? undefined : `no Docker engine answers on ${host}` };
}
