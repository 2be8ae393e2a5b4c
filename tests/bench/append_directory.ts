import { runOk } from "../support/command.ts";
import { tempDir } from "../support/temp_dir.ts";
import { alternate } from "./alternate.ts";
import { openDataset } from "./dataset.ts";
import { runDavit } from "./davit.ts";
import { type BenchResult, reportResults } from "./result.ts";
import { openServedRegistry } from "./served_registry.ts";

/**
 * A directory of 20,000 files to a pushed layer at gzip level 1, against `crane append` of its tar
 * (the making of the tar is not counted) to the same registry, and against the least that a
 * pipeline could do: read, compress, hash.
 */
export async function benchAppendDirectory(): Promise<BenchResult[]> {
  const dataset = await openDataset({ files: 20_000, bytes: 450e6 });
  await using scratch = await tempDir();
  await using registry = await openServedRegistry();
  const tar = scratch.join("dataset.tar");
  await runOk("tar", ["-C", dataset, "-cf", tar, "."]); // also brings the files into memory
  const name = (who: string, round: number) => `${registry.address}/bench/${who}${round}:1`;
  const pipeline = `tar -C '${dataset}' -c . | pigz -1 | sha256sum`;
  const times = await alternate(5, {
    davit: (round) =>
      runDavit([
        ...["append", "--insecure", "--level", "1"],
        ...["-f", dataset, "-t", name("davit", round)],
      ]),
    crane: (round) =>
      runOk("crane", ["append", "--insecure", "-f", tar, "-t", name("crane", round)]),
    pipe: () => runOk("bash", ["-c", `set -o pipefail; ${pipeline}`]),
  });
  const against = (peer: "crane" | "pipe", title: string, limit: number): BenchResult => ({
    name: `append a directory of 20,000 files, against ${title}`,
    ratio: times.davit / times[peer],
    limit,
    detail: `${seconds(times.davit)} / ${seconds(times[peer])}`,
  });
  return [
    against("crane", "crane append", 0.4),
    against("pipe", "tar | pigz -1 | sha256sum", 0.75),
  ];
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(2)} s`;
}

if (import.meta.main) reportResults(await benchAppendDirectory());
