import { runOk } from "../support/command.ts";
import { tempDir } from "../support/temp_dir.ts";
import { alternate } from "./alternate.ts";
import { openDataset } from "./dataset.ts";
import { runDavit } from "./davit.ts";
import { type BenchResult, reportResults } from "./result.ts";
import { openServedRegistry } from "./served_registry.ts";

/** Files that nobody made up: as many as there are, of all kinds. */
const REAL_FILES = "/usr/share";

/**
 * A directory of 20,000 files to a pushed layer at gzip level 1, against `crane append` of its tar
 * (the making of the tar is not counted) to the same registry, and against the least that a
 * pipeline could do: read, compress, hash. Against that also the real files of this machine.
 */
export async function benchAppendDirectory(): Promise<BenchResult[]> {
  const dataset = await openDataset({ files: 20_000, bytes: 450e6 });
  await using scratch = await tempDir();
  await using registry = await openServedRegistry();
  const tar = scratch.join("dataset.tar");
  await runOk("tar", ["-C", dataset, "-cf", tar, "."]); // also brings the files into memory
  await runOk("sh", ["-c", `tar -C '${REAL_FILES}' -c . | cat >/dev/null`]);
  const name = (who: string, round: number) => `${registry.address}/bench/${who}${round}:1`;
  const append = (directory: string, who: string) => (round: number) =>
    runDavit([
      ...["append", "--insecure", "--level", "1"],
      ...["-f", directory, "-t", name(who, round)],
    ]);
  const pipe = (directory: string) => () =>
    runOk("bash", ["-c", `set -o pipefail; tar -C '${directory}' -c . | pigz -1 | sha256sum`]);
  const times = await alternate(5, {
    davit: append(dataset, "davit"),
    crane: (round) =>
      runOk("crane", ["append", "--insecure", "-f", tar, "-t", name("crane", round)]),
    pipe: pipe(dataset),
  });
  const real = await alternate(5, {
    davit: append(REAL_FILES, "real"),
    pipe: pipe(REAL_FILES),
  });
  const many = "append a directory of 20,000 files";
  return [
    against(`${many}, against crane append`, times.davit, times.crane, 0.4),
    against(`${many}, against tar | pigz -1 | sha256sum`, times.davit, times.pipe, 0.75),
    against(`append ${REAL_FILES}, against tar | pigz -1 | sha256sum`, real.davit, real.pipe, 0.75),
  ];
}

function against(name: string, davit: number, peer: number, limit: number): BenchResult {
  return { name, ratio: davit / peer, limit, detail: `${seconds(davit)} / ${seconds(peer)}` };
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(2)} s`;
}

if (import.meta.main) reportResults(await benchAppendDirectory());
