import { runOk } from "../support/command.ts";
import { startDockerRegistry } from "../support/docker_registry.ts";
import { tempDir } from "../support/temp_dir.ts";
import { alternateOn, type Competitors } from "./alternate.ts";
import { runDavit } from "./davit.ts";
import { type BenchResult, reportResults } from "./result.ts";
import { openServedRegistry } from "./served_registry.ts";

const IMAGE_BYTES = 150e6;
const MAX_PEAK_BYTES = 150e6;
const ROUNDS = 5;
const SKOPEO = ["--insecure-policy", "copy", "--src-tls-verify=false", "--dest-tls-verify=false"];

/** Where an image is moved from and to in one run. */
interface Stage {
  /** The image, in a registry and in a layout. */
  readonly image: string;
  readonly layout: string;
  /** A name in a registry that has nothing yet. */
  readonly target: string;
  /** A path that is free. */
  readonly path: string;
}

/** Whoever moves an image: davit, and its peers by their commands. */
type Movers = Competitors<string, Stage>;

/** A registry of a kind, in a process of its own. */
type OpenRegistry = () => Promise<AsyncDisposable & { readonly address: string }>;

const REGISTRIES: Readonly<Record<string, OpenRegistry>> = {
  "davit registry serve": openServedRegistry,
  "docker-registry": async () => {
    const registry = await startDockerRegistry();
    return {
      address: registry.name,
      [Symbol.asyncDispose]: () => registry[Symbol.asyncDispose](),
    };
  },
};

/** Image of 150 MB that does not compress: pulled, pushed and copied, against crane and skopeo. */
export async function benchMoves(): Promise<BenchResult[]> {
  const results: BenchResult[] = [];
  for (const [kind, open] of Object.entries(REGISTRIES)) {
    for (const layers of [1, 20]) results.push(...await benchImage(kind, open, layers));
  }
  return results;
}

async function benchImage(
  kind: string,
  open: OpenRegistry,
  layers: number,
): Promise<BenchResult[]> {
  await using scratch = await tempDir();
  await using source = await open();
  const image = `${source.address}/bench/image:1`;
  const layout = scratch.join("layout");
  await makeImage(image, layers, scratch.join("files"));
  await runDavit(["pull", "--insecure", "--format", "oci", image, layout]);
  let peakBytes = 0;
  async function davit(words: readonly string[]): Promise<void> {
    peakBytes = Math.max(peakBytes, (await runDavit(words)).peakBytes);
  }
  async function onStage(round: number, run: (stage: Stage) => Promise<void>): Promise<void> {
    await using target = await open();
    await using place = await tempDir();
    const path = place.join("out");
    await run({ image, layout, target: `${target.address}/bench/copy:${round}`, path });
  }
  const what = `of 150 MB in ${layers === 1 ? "one layer" : `${layers} layers`}, ${kind}`;
  const results: BenchResult[] = [];
  for (const [act, competitors] of Object.entries(actsOf(davit))) {
    const { davit = NaN, ...peers } = await alternateOn(onStage, ROUNDS, competitors);
    for (const [peer, time] of Object.entries(peers)) {
      results.push(against(`${act} ${what}`, peer, davit, time));
    }
  }
  return [...results, {
    name: `memory of davit, image ${what}, against 150 MB of memory`,
    ratio: peakBytes / MAX_PEAK_BYTES,
    limit: 1,
    detail: `${Math.round(peakBytes / 1e6)} MB / 150 MB`,
  }];
}

/** What is done with an image, and how each does it. */
function actsOf(
  davit: (words: readonly string[]) => Promise<void>,
): Readonly<Record<string, Movers>> {
  return {
    "pull to a layout": {
      davit: ({ image, path }) => davit(["pull", "--insecure", "--format", "oci", image, path]),
      crane: ({ image, path }) =>
        runOk("crane", ["pull", "--insecure", "--format", "oci", image, path]),
      skopeo: ({ image, path }) => runOk("skopeo", [...SKOPEO, `docker://${image}`, `oci:${path}`]),
    },
    "pull to a tarball": {
      davit: ({ image, path }) => davit(["pull", "--insecure", image, path]),
      crane: ({ image, path }) => runOk("crane", ["pull", "--insecure", image, path]),
    },
    "push of a layout": {
      davit: ({ layout, target }) => davit(["push", "--insecure", layout, target]),
      crane: ({ layout, target }) => runOk("crane", ["push", "--insecure", layout, target]),
      skopeo: ({ layout, target }) =>
        runOk("skopeo", [...SKOPEO, `oci:${layout}`, `docker://${target}`]),
    },
    "copy to another registry": {
      davit: ({ image, target }) => davit(["copy", "--insecure", image, target]),
      crane: ({ image, target }) => runOk("crane", ["copy", "--insecure", image, target]),
      skopeo: ({ image, target }) =>
        runOk("skopeo", [...SKOPEO, `docker://${image}`, `docker://${target}`]),
    },
  };
}

async function makeImage(image: string, layers: number, path: string): Promise<void> {
  const directories: string[] = [];
  for (let layer = 0; layer < layers; layer++) {
    await Deno.mkdir(`${path}/${layer}`, { recursive: true });
    await writeNoise(`${path}/${layer}/file${layer}`, IMAGE_BYTES / layers);
    directories.push("--directory", `${path}/${layer}:/layer${layer}`);
  }
  await runDavit(["append", "--insecure", "--level", "1", ...directories, "-t", image]);
  await Deno.remove(path, { recursive: true });
}

async function writeNoise(path: string, size: number): Promise<void> {
  using file = await Deno.create(path);
  const noise = new Uint8Array(65_536);
  for (let left = size; left > 0; left -= noise.length) {
    crypto.getRandomValues(noise);
    await file.write(noise.subarray(0, Math.min(left, noise.length)));
  }
}

function against(name: string, peer: string, davit: number, other: number): BenchResult {
  const seconds = (time: number) => `${(time / 1000).toFixed(2)} s`;
  const detail = `${seconds(davit)} / ${seconds(other)}`;
  return { name: `${name}, against ${peer}`, ratio: davit / other, limit: 1, detail };
}

if (import.meta.main) reportResults(await benchMoves());
