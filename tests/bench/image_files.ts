import { runOk } from "../support/command.ts";
import { alternate } from "./alternate.ts";
import { openDataset } from "./dataset.ts";
import { runDavit } from "./davit.ts";
import { type BenchResult, reportResults } from "./result.ts";
import { openServedRegistry } from "./served_registry.ts";

const MAX_PEAK_BYTES = 300e6;

/**
 * One file of a layer of 450 MB, and the list of its 20,000 files, against what there is without
 * `davit fs`: `crane export` into tar. And the memory that it takes.
 */
export async function benchImageFiles(): Promise<BenchResult[]> {
  const dataset = await openDataset({ files: 20_000, bytes: 450e6 });
  await using registry = await openServedRegistry();
  const name = `${registry.address}/bench/files:1`;
  await runDavit(["append", "--insecure", "-f", dataset, "-t", name]);
  const file = "usr/lib/package0/part0/file0.dat";
  const piped = (rest: string) =>
    runOk("bash", ["-c", `set -o pipefail; crane export --insecure '${name}' - | tar ${rest}`]);
  const peaks: number[] = [];
  const davit = async (...words: readonly string[]) =>
    void peaks.push((await runDavit(["fs", ...words, "--insecure"])).peakBytes);
  const times = await alternate(5, {
    cat: () => davit("cat", name, file),
    craneCat: () => piped(`-xOf - ${file}`),
    ls: () => davit("ls", "-R", name),
    craneLs: () => piped("-tvf -"),
  });
  const peak = Math.max(...peaks);
  return [
    against("fs cat of one file in a layer of 450 MB, against crane export | tar x", [
      times.cat,
      times.craneCat,
    ]),
    against("fs ls -R of a layer of 450 MB, against crane export | tar tv", [
      times.ls,
      times.craneLs,
    ]),
    {
      name: "memory of fs ls and fs cat, against 300 MB",
      ratio: peak / MAX_PEAK_BYTES,
      limit: 1,
      detail: `${Math.round(peak / 1e6)} MB / ${MAX_PEAK_BYTES / 1e6} MB`,
    },
  ];
}

function against(name: string, [own, other]: readonly [number, number]): BenchResult {
  const detail = `${(own / 1000).toFixed(2)} s / ${(other / 1000).toFixed(2)} s`;
  return { name, ratio: own / other, limit: 1, detail };
}

if (import.meta.main) reportResults(await benchImageFiles());
