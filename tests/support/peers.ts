import { findCommand } from "./command.ts";
import { conditionalTest } from "./conditional.ts";

/** What a test against other programs needs. */
export interface PeerTestOptions {
  /** The commands without which there is nothing to compare with. */
  readonly needs: readonly string[];
}

/**
 * Registers a test against real programs.
 *
 * Where one of them is missing the test is skipped and says so; on CI (`CI=true`) it fails.
 */
export function peerTest(
  name: string,
  options: PeerTestOptions,
  fn: (t: Deno.TestContext) => Promise<void> | void,
): void {
  const missing = options.needs.filter((command) => findCommand(command) === undefined);
  conditionalTest(
    name,
    missing.length === 0 ? undefined : `${missing.join(", ")} not installed`,
    fn,
  );
}
