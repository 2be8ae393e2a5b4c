import type { CallOptions } from "../layer/content_source.ts";
import type { DockerCli } from "../docker/cli.ts";
import { ClusterError } from "../errors.ts";
import { awaitReady } from "./await_ready.ts";
import { awaitWords } from "./await_words.ts";
import { formatDuration } from "./duration.ts";
import { Journal, removeAll } from "./journal.ts";
import type { Plan } from "./operation.ts";
import { awaitRegistry } from "./registries/await_registry.ts";
import { runChains } from "./run_operation.ts";
import { settle } from "./settle.ts";
import { lastWords, watchExits } from "./watch_exits.ts";

/** Options of {@linkcode applyPlan}. */
export interface ApplyOptions extends CallOptions {
  /** The engine's time before the plan. */
  readonly since: string;
  /** How long it may take, in milliseconds. */
  readonly timeoutMs: number;
  /** Whether what was done stays after a failure. */
  readonly keepOnFailure?: boolean;
}

/**
 * Does what a plan says. A failure, the deadline and the signal take back exactly what this run did.
 *
 * @returns The kubeconfig of the cluster, as k3s wrote it; `undefined` when the plan does not wait.
 * @throws {DockerError} When Docker fails.
 * @throws {ClusterError} When a node fails, or is not ready in time.
 */
export async function applyPlan(
  cli: DockerCli,
  plan: Plan,
  options: ApplyOptions,
): Promise<string | undefined> {
  const { since, keepOnFailure = false } = options;
  const journal = new Journal();
  let kubeconfig: string | undefined;
  try {
    await using watch = watchExits(cli, plan.cluster, since);
    kubeconfig = await runSteps(cli, plan, { ...options, exits: watch.signal, journal });
  } catch (error) {
    if (!keepOnFailure) await journal.undo(cli);
    throw error;
  }
  await removeAll(cli, plan.cleanup ?? []);
  return kubeconfig;
}

interface RunOptions extends ApplyOptions {
  readonly exits: AbortSignal;
  readonly journal: Journal;
}

async function runSteps(
  cli: DockerCli,
  plan: Plan,
  { exits, journal, timeoutMs, signal: interruption }: RunOptions,
): Promise<string | undefined> {
  const deadline = AbortSignal.timeout(timeoutMs);
  const signal = AbortSignal.any([
    deadline,
    exits,
    ...(interruption === undefined ? [] : [interruption]),
  ]);
  let kubeconfig: string | undefined;
  let waitedFor: string | undefined;
  try {
    for (const step of plan.steps) {
      signal.throwIfAborted();
      if (step.kind === "wait") {
        waitedFor = `ready ("${step.level}")`;
        kubeconfig = await awaitReady(cli, plan.server, step, { signal });
      } else if (step.kind === "words") {
        waitedFor = `ready ("${step.words}" of "${step.node}")`;
        await awaitWords(cli, step, { signal });
      } else if (step.kind === "answer") {
        waitedFor = `ready (registry "${step.registries[0]?.name}")`;
        await settle(step.registries.map((registry) => awaitRegistry(cli, registry, { signal })));
      } else {
        await runChains(cli, step.chains, (operation) => {
          signal.throwIfAborted();
          journal.note(operation);
        });
      }
    }
    return kubeconfig;
  } catch (error) {
    if (error !== deadline.reason) throw error;
    throw await describeDelay(cli, plan, { timeoutMs, waitedFor });
  }
}

async function describeDelay(
  cli: DockerCli,
  { cluster, server }: Plan,
  { timeoutMs, waitedFor }: {
    readonly timeoutMs: number;
    readonly waitedFor: string | undefined;
  },
): Promise<ClusterError> {
  const logs = await lastWords(cli, server);
  return new ClusterError(
    `Cannot make cluster "${cluster}": expected it to be ${waitedFor ?? "made"} within ${
      formatDuration(timeoutMs)
    }` +
      (logs.length === 0 ? "" : `; "${server}" last said "${logs.at(-1)}"`),
    { node: server, logs },
  );
}
