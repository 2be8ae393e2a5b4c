import type { DockerCli } from "../docker/cli.ts";
import { DockerError } from "../errors.ts";
import type { Creation, Operation } from "./operation.ts";
import { removalsOf } from "./removal.ts";

/** What a run has done, or may have done, so that it can be taken back. */
export class Journal {
  readonly #operations: Operation[] = [];

  /** Notes what is about to be done: a run that breaks off may have done it. */
  note(operation: Operation): void {
    this.#operations.push(operation);
  }

  /**
   * Takes back what was noted, the last first: what was made is removed, what was changed is as it
   * was.
   *
   * @throws {DockerError} When something cannot be taken back; all the rest is.
   */
  async undo(cli: DockerCli): Promise<void> {
    let failure: unknown;
    for (const { act, reverts } of this.#operations.toReversed()) {
      if (reverts === undefined) continue;
      await cli.run(reverts, { act: `take back: ${act}` }).catch((error) => {
        if (!isUndone(error)) failure ??= error;
      });
    }
    await removeAll(cli, this.#operations.flatMap(({ creates = [] }) => creates));
    this.#operations.length = 0;
    if (failure !== undefined) throw failure;
  }
}

/**
 * Removes containers, then volumes and networks. What is not there any more is no failure.
 *
 * @throws {DockerError} When something cannot be removed; all the rest is.
 */
export async function removeAll(cli: DockerCli, things: readonly Creation[]): Promise<void> {
  let failure: unknown;
  for (const stage of removalsOf(things)) {
    const results = await Promise.allSettled(
      stage.map(({ act, args }) => cli.run(args, { act })),
    );
    for (const result of results) {
      if (result.status === "rejected" && !isGone(result.reason)) failure ??= result.reason;
    }
  }
  if (failure !== undefined) throw failure;
}

/** The run broke off before it was done. */
function isUndone(error: unknown): boolean {
  return error instanceof DockerError && /no such container|is not running/i.test(error.message);
}

function isGone(error: unknown): boolean {
  return error instanceof DockerError &&
    /no such|not found|is not connected|removal of container .* is already in progress/i.test(
      error.message,
    );
}
