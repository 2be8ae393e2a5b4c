import type { DockerCli } from "../../docker/cli.ts";
import { ClusterError } from "../../errors.ts";
import type { CallOptions } from "../../layer/content_source.ts";
import { pause } from "../pause.ts";
import { lastWords } from "../watch_exits.ts";
import type { RegistryContainer } from "./registry.ts";

/** How often a registry may end and be started again by the engine. */
const RESTARTS = 2;
/** After how many questions the engine is asked whether the registry runs at all. */
const PATIENCE = 5;

/** Where a registry is asked whether it is up, from this machine. */
export function answerUrl(
  { hostIp, hostPort }: Pick<RegistryContainer, "hostIp" | "hostPort">,
  remoteHost: string | undefined,
): string {
  const isAny = hostIp === "0.0.0.0" || hostIp === "::";
  const host = remoteHost ?? (isAny ? "127.0.0.1" : hostIp);
  return `http://${host.includes(":") ? `[${host}]` : host}:${hostPort}/v2/`;
}

/**
 * Waits until a registry answers.
 *
 * @throws {ClusterError} When it ends instead, with its last words.
 */
export async function awaitRegistry(
  cli: DockerCli,
  { name, url }: { readonly name: string; readonly url: string },
  options: CallOptions = {},
): Promise<void> {
  for (let attempt = 1; !(await answers(url, options)); attempt++) {
    if (attempt % PATIENCE === 0) await checkRunning(cli, name, options);
    await pause(options.signal);
  }
}

/** Whoever speaks HTTP there is up: 401 is an answer, too. */
async function answers(url: string, { signal }: CallOptions): Promise<boolean> {
  try {
    const answer = await fetch(url, { ...(signal === undefined ? {} : { signal }) });
    await answer.body?.cancel();
    return answer.status < 500;
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof TypeError) return false;
    throw error;
  }
}

async function checkRunning(cli: DockerCli, name: string, options: CallOptions): Promise<void> {
  const act = `ask whether registry "${name}" runs`;
  const format = "{{.State.Status}} {{.State.ExitCode}} {{.RestartCount}}";
  const output = await cli.run(["inspect", "--format", format, name], { ...options, act });
  const [state = "", code = "", restarts = ""] = output.trim().split(" ");
  const hasEnded = state === "exited" || state === "dead" || Number(restarts) > RESTARTS;
  if (!hasEnded) return;
  const logs = await lastWords(cli, name);
  const how = state === "exited" || state === "dead"
    ? `it ended with exit code ${code}`
    : `it ended ${restarts} times`;
  throw new ClusterError(
    `Cannot start registry "${name}": ${how}` +
      (logs.length === 0 ? " and no word" : `; it said "${logs.at(-1)}"`),
    { node: name, logs },
  );
}
