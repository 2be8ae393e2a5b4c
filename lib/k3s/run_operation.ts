import type { DockerCli } from "../docker/cli.ts";
import { createDockerArchive } from "../archive/docker_archive.ts";
import type { Image } from "../image/image.ts";
import { layerFromEntries } from "../layer/entries.ts";
import { copy } from "../store/copy.ts";
import { decompress } from "../stream/decompress.ts";
import type { Chain, Operation } from "./operation.ts";
import type { ComposedImage } from "./registries/own_image.ts";
import { settle } from "./settle.ts";

/**
 * Runs one operation. What changes the engine is not broken off in the middle: who knows then what
 * was made.
 *
 * @throws {DockerError} When Docker fails.
 */
export async function runOperation(cli: DockerCli, operation: Operation): Promise<string> {
  const { act, args, archive, files, input, image } = operation;
  if (input !== undefined) return await runPipe(cli, operation, input);
  if (image !== undefined) return await runWithImage(cli, operation, image);
  if (archive !== undefined) return await cli.run(args, { act, stdin: await readArchive(archive) });
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

async function readArchive(path: string): Promise<ReadableStream<Uint8Array>> {
  const { readable } = await Deno.open(path);
  return decompress(readable, { what: `"${path}"` });
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

/** When Docker hangs up in the middle, what it said tells more than the stream that broke. */
async function runWithImage(
  cli: DockerCli,
  { act, args }: Operation,
  { name, compose }: ComposedImage,
): Promise<string> {
  const composed = await compose();
  const { readable: stdin, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const [output] = await settle([cli.run(args, { act, stdin }), write(composed, name, writable)]);
  return output;
}

async function write(
  image: Image,
  name: string,
  target: WritableStream<Uint8Array>,
): Promise<void> {
  await using archive = await createDockerArchive(target);
  await copy(image, archive, { names: [name] });
  await archive.commit();
}
