import type { CallOptions } from "../layer/content_source.ts";
import type { DockerCli } from "../docker/cli.ts";
import { pause } from "./pause.ts";

/** How much earlier than the engine notes its start a container may speak, in milliseconds. */
const HASTE_MS = 2000;

/**
 * Waits until a container has said something since it was started.
 *
 * @param step The container, and the words.
 * @throws {DockerError} When Docker fails.
 */
export async function awaitWords(
  cli: DockerCli,
  { node, words }: { readonly node: string; readonly words: string },
  options: CallOptions = {},
): Promise<void> {
  const call = { ...options, act: `wait until "${node}" says "${words}"` };
  const started = await cli.run(["inspect", "--format", "{{.State.StartedAt}}", node], call);
  const since = new Date(Date.parse(started.trim()) - HASTE_MS).toISOString();
  const args = ["logs", "--since", since, node];
  while (!(await cli.runAll(args, call)).includes(words)) await pause(options.signal);
}
