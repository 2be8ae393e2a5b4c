import { runOk } from "../support/command.ts";
import { tempDir } from "../support/temp_dir.ts";
import { alternate } from "./alternate.ts";
import { openDataset } from "./dataset.ts";
import { runDavit } from "./davit.ts";
import { type BenchResult, reportResults } from "./result.ts";
import { openServedRegistry, type ServedRegistry } from "./served_registry.ts";

const IMAGE_BYTES = 450e6;
const LARGE_BYTES = 2e9;

/**
 * `davit export` and `davit flatten` of an image of 450 MB in two layers against crane's, from the
 * same registry; and their memory for an image of 2 GB. crane flattens at level 9, davit at 6.
 */
export async function benchMerge(): Promise<BenchResult[]> {
  await using scratch = await tempDir();
  await using registry = await openServedRegistry();
  const image = await pushImage(registry, { name: "image", files: 20_000, bytes: IMAGE_BYTES });
  const [mine, theirs] = [scratch.join("davit.tar"), scratch.join("crane.tar")];
  const exports = await alternate(5, {
    davit: () => runDavit(["export", image, mine]),
    crane: () => runOk("crane", ["export", image, theirs]),
  });
  const flattens = await alternate(1, {
    davit: () => runDavit(["flatten", image, "-t", `${registry.address}/flat/davit:1`]),
    crane: () => runOk("crane", ["flatten", image, "-t", `${registry.address}/flat/crane:1`]),
  });
  const large = await pushImage(registry, { name: "large", files: 50, bytes: LARGE_BYTES });
  const small = await peaksOf(registry, image);
  const grown = await peaksOf(registry, large);
  return [
    against("davit export of 450 MB, against crane export", exports, 0.7),
    against("davit flatten of 450 MB, against crane flatten", flattens, 0.25),
    growth("memory of davit export, 2 GB against 450 MB", [grown.export, small.export]),
    growth("memory of davit flatten, 2 GB against 450 MB", [grown.flatten, small.flatten]),
  ];
}

/** Pushes a directory as one layer, and a small one above it that replaces nothing. */
async function pushImage(
  { address }: ServedRegistry,
  { name, files, bytes }: {
    readonly name: string;
    readonly files: number;
    readonly bytes: number;
  },
): Promise<string> {
  const image = `${address}/${name}:1`;
  const above = await openDataset({ files: 20, bytes: 1e6 });
  await runDavit(["append", "-f", await openDataset({ files, bytes }), "-t", image]);
  await runDavit(["append", "-b", image, "--directory", `${above}:/above`, "-t", image]);
  return image;
}

async function peaksOf(
  { address }: ServedRegistry,
  image: string,
): Promise<{ export: number; flatten: number }> {
  const exported = await runDavit(["export", image, "/dev/null"]);
  const flat = await runDavit(["flatten", "--level", "1", image, "-t", `${address}/flat/peak:1`]);
  return { export: exported.peakBytes, flatten: flat.peakBytes };
}

function against(
  name: string,
  { davit, crane }: { readonly davit: number; readonly crane: number },
  limit: number,
): BenchResult {
  const detail = `${(davit / 1000).toFixed(2)} s / ${(crane / 1000).toFixed(2)} s`;
  return { name, ratio: davit / crane, limit, detail };
}

function growth(name: string, [large, small]: readonly [number, number]): BenchResult {
  const detail = `${Math.round(large / 1e6)} MB / ${Math.round(small / 1e6)} MB`;
  return { name, ratio: large / small, limit: 1.2, detail };
}

if (import.meta.main) reportResults(await benchMerge());
