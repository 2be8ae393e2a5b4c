import type { DockerCli } from "../docker/cli.ts";
import { ClusterError } from "../errors.ts";
import { LABEL } from "./names.ts";
import { readLines } from "./read_lines.ts";

/** How often a node may end and be started again by the engine while it comes up. */
const RESTARTS = 2;

/** What `docker events` tells, as far as it is of interest. */
interface Event {
  readonly Actor: { readonly Attributes: { readonly name: string; readonly exitCode?: string } };
}

/** A watch over nodes that end. Disposing of it ends the watch. */
export interface ExitWatch extends AsyncDisposable {
  /** Fires when a node has ended too often, with the error that says so. */
  readonly signal: AbortSignal;
}

/**
 * Watches the nodes of a cluster: one that ends is started again by the engine, which helps those
 * that came too early; one that ends a third time has failed.
 *
 * @param since The engine's time from which on it counts.
 */
export function watchExits(cli: DockerCli, cluster: string, since: string): ExitWatch {
  const failure = new AbortController();
  const filters = ["type=container", "event=die", `label=${LABEL.cluster}=${cluster}`];
  const process = cli.spawn(
    [
      ...["events", "--since", since, "--format", "{{json .}}"],
      ...filters.flatMap((filter) => ["--filter", filter]),
    ],
    { act: `watch the nodes of cluster "${cluster}"`, attached: true },
  );
  const watching = (async () => {
    const exits = new Map<string, number>();
    for await (const line of readLines(process.stdout)) {
      const { name, exitCode = "?" } = (JSON.parse(line) as Event).Actor.Attributes;
      const count = (exits.get(name) ?? 0) + 1;
      exits.set(name, count);
      if (count > RESTARTS) {
        failure.abort(await describeExit(cli, { name, exitCode, count }));
        return;
      }
    }
  })().catch(() => {}); // killed, or an engine that is gone, which whoever asks it next will tell
  return {
    signal: failure.signal,
    async [Symbol.asyncDispose]() {
      await process[Symbol.asyncDispose]();
      await watching;
    },
  };
}

async function describeExit(
  cli: DockerCli,
  { name, exitCode, count }: { name: string; exitCode: string; count: number },
): Promise<ClusterError> {
  const logs = await lastWords(cli, name);
  return new ClusterError(
    `Cannot start node "${name}": it ended ${count} times, with exit code ${exitCode}` +
      (logs.length === 0 ? " and no word" : `; it said "${logs.at(-1)}"`),
    { node: name, logs },
  );
}

/** The last twenty lines that a node wrote. */
export async function lastWords(cli: DockerCli, name: string): Promise<readonly string[]> {
  const act = `read the log of "${name}"`;
  try {
    const text = await cli.runAll(["logs", "--tail", "20", name], { act });
    return text.split("\n").filter((line) => line.trim() !== "").slice(-20);
  } catch {
    return []; // the node is gone: what made it so is the failure to tell
  }
}
