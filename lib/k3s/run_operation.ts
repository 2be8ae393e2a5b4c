import type { DockerCli } from "../docker/cli.ts";
import { layerFromEntries } from "../layer/entries.ts";
import type { Chain, Operation } from "./operation.ts";
import { settle } from "./settle.ts";

/**
 * Runs one operation. What changes the engine is not broken off in the middle: who knows then what
 * was made.
 *
 * @throws {DockerError} When Docker fails.
 */
export async function runOperation(cli: DockerCli, operation: Operation): Promise<string> {
  const { act, args, files, input } = operation;
  if (input !== undefined) return await runPipe(cli, operation, input);
  if (files === undefined) return await cli.run(args, { act });
  return await cli.run(args, { act, stdin: layerFromEntries(files).uncompressed() });
}

async function runPipe(
  cli: DockerCli,
  { act, args }: Operation,
  input: readonly string[],
): Promise<string> {
  await using source = cli.spawn(input, { act });
  const [output] = await settle([
    cli.run(args, { act, stdin: source.stdout }),
    source.feed(undefined),
    source.finished(),
  ]);
  return output;
}

/**
 * Runs chains at the same time, each to its end or its first failure.
 *
 * @param before Hears of an operation before it runs; what it throws ends the chain.
 * @throws The first failure, once all chains have ended.
 */
export async function runChains(
  cli: DockerCli,
  chains: readonly Chain[],
  before: (operation: Operation) => void,
): Promise<void> {
  let failed = false;
  await settle(chains.map(async (chain) => {
    for (const operation of chain) {
      if (failed) return;
      before(operation);
      await runOperation(cli, operation).catch((error) => {
        failed = true;
        throw error;
      });
    }
  }));
}
