import { openDataset } from "./dataset.ts";
import { runDavit } from "./davit.ts";
import { type BenchResult, print, reportResults } from "./result.ts";
import { openServedRegistry } from "./served_registry.ts";

/** The same directory on 1, 2 and 4 workers: the digest may not tell how many there were. */
export async function benchWorkers(): Promise<BenchResult[]> {
  const dataset = await openDataset({ files: 20_000, bytes: 450e6 });
  await using registry = await openServedRegistry();
  const digests = new Set<string>();
  for (const workers of [1, 2, 4]) {
    const start = performance.now();
    const { stdout } = await runDavit([
      ...["append", "--insecure", "--level", "1", "--workers", String(workers)],
      ...["-f", dataset, "-t", `${registry.address}/bench/workers${workers}:1`],
    ]);
    const [digest = stdout] = /sha256:[0-9a-f]{64}/.exec(stdout) ?? [];
    digests.add(digest);
    print(`${workers} workers: ${Math.round(performance.now() - start)} ms, ${digest}`);
  }
  const detail = `${digests.size} digest${digests.size === 1 ? "" : "s"}`;
  return [{ name: "digests by 1, 2 and 4 workers", ratio: digests.size, limit: 1, detail }];
}

if (import.meta.main) reportResults(await benchWorkers());
