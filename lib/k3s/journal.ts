import type { DockerCli } from "../docker/cli.ts";
import { DockerError } from "../errors.ts";
import type { Creation } from "./operation.ts";
import { removalsOf } from "./removal.ts";

/** What a run has made, or may have made, so that it can be removed again. */
export class Journal {
  readonly #created: Creation[] = [];

  /** What was noted, in its order. */
  get created(): readonly Creation[] {
    return this.#created;
  }

  /** Notes what is about to be made: a run that breaks off may have made it. */
  note(creations: readonly Creation[] = []): void {
    this.#created.push(...creations);
  }

  /**
   * Removes everything that was noted and is there.
   *
   * @throws {DockerError} When something cannot be removed.
   */
  async undo(cli: DockerCli): Promise<void> {
    await removeAll(cli, this.#created);
    this.#created.length = 0;
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

function isGone(error: unknown): boolean {
  return error instanceof DockerError &&
    /no such|not found|removal of container .* is already in progress/i.test(error.message);
}
