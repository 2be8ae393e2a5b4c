import { runOk } from "../support/command.ts";
import { tempDir } from "../support/temp_dir.ts";
import { alternate } from "./alternate.ts";
import { DAVIT } from "./davit.ts";
import { type BenchResult, reportResults } from "./result.ts";

/** `davit version` against the least that Deno does. */
export async function benchStartup(): Promise<BenchResult[]> {
  await using scratch = await tempDir();
  const empty = scratch.join("empty.ts");
  await Deno.writeTextFile(empty, "");
  const competitors = {
    davit: () => runOk(Deno.execPath(), [...DAVIT, "version"]),
    deno: () => runOk(Deno.execPath(), ["run", "-A", empty]),
  };
  await alternate(2, competitors); // fills Deno's cache
  const times = await alternate(25, competitors);
  return [{
    name: "davit version, against deno run of an empty file",
    ratio: times.davit / times.deno,
    limit: 2,
    detail: `${times.davit.toFixed(1)} ms / ${times.deno.toFixed(1)} ms`,
  }];
}

if (import.meta.main) reportResults(await benchStartup());
