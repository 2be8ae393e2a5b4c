import { runOk } from "../support/command.ts";
import { alternate } from "./alternate.ts";
import { openDataset } from "./dataset.ts";
import { runDavit } from "./davit.ts";
import { type BenchResult, reportResults } from "./result.ts";
import { openServedRegistry } from "./served_registry.ts";

/** The validation of an image of 450 MB, against `crane validate` at the same registry. */
export async function benchValidate(): Promise<BenchResult[]> {
  const dataset = await openDataset({ files: 20_000, bytes: 450e6 });
  await using registry = await openServedRegistry();
  const name = `${registry.address}/bench/validate:1`;
  await runDavit(["append", "--insecure", "-f", dataset, "-t", name]);
  let peakBytes = 0;
  const times = await alternate(5, {
    davit: async () => {
      ({ peakBytes } = await runDavit(["validate", "--insecure", "--remote", name]));
    },
    crane: () => runOk("crane", ["validate", "--insecure", "--remote", name]),
  });
  return [{
    name: "validate an image of 450 MB, against crane validate",
    ratio: times.davit / times.crane,
    limit: 0.5,
    detail: `${seconds(times.davit)} / ${seconds(times.crane)}, ${Math.round(peakBytes / 1e6)} MB`,
  }];
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(2)} s`;
}

if (import.meta.main) reportResults(await benchValidate());
