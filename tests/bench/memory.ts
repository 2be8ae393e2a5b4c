import { openDataset } from "./dataset.ts";
import { runDavit } from "./davit.ts";
import { type BenchResult, reportResults } from "./result.ts";
import { openServedRegistry } from "./served_registry.ts";

const SMALL_BYTES = 400e6;
const LARGE_BYTES = 4e9;
const MAX_PEAK_BYTES = 300e6;

/** The most memory that pushing a layer takes, on both sides: it may not grow with the layer. */
export async function benchMemory(): Promise<BenchResult[]> {
  const small = await measurePeaks(SMALL_BYTES);
  const large = await measurePeaks(LARGE_BYTES);
  return [
    growth("memory of davit append, 4 GB against 400 MB", [large.client, small.client], 1.2),
    growth("memory of the registry, 4 GB against 400 MB", [large.server, small.server], 1.5),
    {
      name: "memory of davit append, 4 GB against 300 MB of memory",
      ratio: large.client / MAX_PEAK_BYTES,
      limit: 1,
      detail: `${megabytes(large.client)} / ${megabytes(MAX_PEAK_BYTES)}`,
    },
  ];
}

/** Files of 40 MB: no name in the directory is worth measuring. */
async function measurePeaks(bytes: number): Promise<{ client: number; server: number }> {
  const dataset = await openDataset({ files: bytes / 40e6, bytes });
  await using registry = await openServedRegistry();
  const { peakBytes } = await runDavit([
    ...["append", "--insecure", "--level", "1"],
    ...["-f", dataset, "-t", `${registry.address}/bench/memory:1`],
  ]);
  return { client: peakBytes, server: registry.peakBytes() };
}

function growth(
  name: string,
  [large, small]: readonly [number, number],
  limit: number,
): BenchResult {
  const detail = `${megabytes(large)} / ${megabytes(small)}`;
  return { name, ratio: large / small, limit, detail };
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1e6)} MB`;
}

if (import.meta.main) reportResults(await benchMemory());
