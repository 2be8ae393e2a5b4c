import { layerFromEntries } from "../../lib/layer/entries.ts";
import { appendLayers } from "../../lib/image/append.ts";
import { emptyImage } from "../../lib/image/empty.ts";
import { createLayout } from "../../lib/layout/mod.ts";
import { MEDIA_TYPE } from "../../lib/oci/media_type.ts";
import { copy } from "../../lib/store/copy.ts";
import { runOk } from "../support/command.ts";
import { startDockerRegistry } from "../support/docker_registry.ts";
import { tempDir } from "../support/temp_dir.ts";
import { alternate } from "./alternate.ts";
import { openPseudoBytes } from "./pseudo_bytes.ts";
import { type BenchResult, reportResults } from "./result.ts";
import { openServedRegistry } from "./served_registry.ts";

const ROUNDS = 5;
const CLIENTS = 10;
const LAYER_BYTES = 100e6;
const PUSHED_BYTES = 10e6;
const UPLOADED_BYTES = 50e6;

/**
 * `davit registry serve` against Debian's docker-registry, both on disk: manifests a second and blob
 * bytes a second as wrk counts them, uploads with their length and in chunks (as docker push sends
 * them) by curl, and ten clients that push at once.
 */
export async function benchServer(): Promise<BenchResult[]> {
  await using scratch = await tempDir();
  await using davit = await openServedRegistry();
  await using peer = await startDockerRegistry({ log: false });
  const addresses = { davit: davit.address, peer: peer.name };
  const bytes = openPseudoBytes(1);
  const large = scratch.join("large");
  const layer = await writeImage(large, bytes.next(LAYER_BYTES));
  for (const address of Object.values(addresses)) {
    await runOk("crane", ["push", "--insecure", large, `${address}/bench/large:1`]);
  }
  const blob = scratch.join("blob");
  await Deno.writeFile(blob, bytes.next(UPLOADED_BYTES));
  const path = (what: string) => (address: string) => `http://${address}/v2/bench/large/${what}`;
  return [
    await compareRates("small manifests a second", addresses, {
      url: path("manifests/1"),
      connections: 16,
      unit: "Requests",
    }),
    await compareRates("blob bytes a second, one client", addresses, {
      url: path(`blobs/${layer}`),
      connections: 1,
      unit: "Transfer",
    }),
    await compareRates("blob bytes a second, four clients", addresses, {
      url: path(`blobs/${layer}`),
      connections: 4,
      unit: "Transfer",
    }),
    await compareUploads("with its length", addresses, { file: blob, headers: [] }),
    await compareUploads("in chunks", addresses, {
      file: blob,
      headers: ["-H", "Transfer-Encoding: chunked"],
    }),
    await comparePushes(addresses, async (n) => {
      const directory = scratch.join(`push${n}`);
      await writeImage(directory, bytes.next(PUSHED_BYTES));
      return directory;
    }),
  ];
}

interface Addresses {
  readonly davit: string;
  readonly peer: string;
}

interface Load {
  readonly url: (address: string) => string;
  readonly connections: number;
  /** Which of wrk's rates counts. */
  readonly unit: "Requests" | "Transfer";
}

async function compareRates(
  name: string,
  { davit, peer }: Addresses,
  { url, connections, unit }: Load,
): Promise<BenchResult> {
  const rates: Record<"davit" | "peer", number[]> = { davit: [], peer: [] };
  const load = (address: string) => async () => {
    const accept = ["-H", `Accept: ${MEDIA_TYPE.ociManifest}`];
    const words = ["-t1", `-c${connections}`, "-d2s", "--timeout", "30s", ...accept, url(address)];
    const { stdout } = await runOk("wrk", words);
    if (stdout.includes("Non-2xx")) throw new Error(`wrk ${words.join(" ")}: ${stdout}`);
    rates[address === davit ? "davit" : "peer"].push(readRate(stdout, unit));
  };
  await alternate(ROUNDS, { davit: load(davit), peer: load(peer) });
  const [ours, theirs] = [median(rates.davit), median(rates.peer)];
  const write = unit === "Requests"
    ? (rate: number) => `${Math.round(rate)}/s`
    : (rate: number) => `${(rate / 1e9).toFixed(2)} GB/s`;
  return {
    name: `${name}, docker-registry against davit`,
    ratio: theirs / ours,
    limit: 1,
    detail: `${write(theirs)} / ${write(ours)}`,
  };
}

async function compareUploads(
  how: string,
  { davit, peer }: Addresses,
  { file, headers }: { readonly file: string; readonly headers: readonly string[] },
): Promise<BenchResult> {
  const upload = (address: string) => async () => {
    const begun = await fetch(`http://${address}/v2/bench/blob/blobs/uploads/`, { method: "POST" });
    await begun.body?.cancel();
    const url = new URL(begun.headers.get("location") ?? "", begun.url).href;
    const words = ["-sS", "--fail", "-H", "Expect:", "-X", "PATCH", "-T", file, ...headers, url];
    const { stdout } = await runOk("curl", [
      "-o",
      "/dev/null",
      "-w",
      "%header{location}",
      ...words,
    ]);
    await (await fetch(new URL(stdout, url), { method: "DELETE" })).body?.cancel();
  };
  const times = await alternate(ROUNDS, { davit: upload(davit), peer: upload(peer) });
  return {
    name: `upload of 50 MB ${how}, davit against docker-registry`,
    ratio: times.davit / times.peer,
    limit: 1,
    detail: `${times.davit.toFixed(0)} ms / ${times.peer.toFixed(0)} ms`,
  };
}

async function comparePushes(
  { davit, peer }: Addresses,
  makeImage: (n: number) => Promise<string>,
): Promise<BenchResult> {
  const images = await Promise.all(Array.from({ length: CLIENTS }, (_, n) => makeImage(n)));
  const push = (address: string) => (round: number) =>
    Promise.all(
      images.map((image, n) =>
        runOk("crane", ["push", "--insecure", image, `${address}/bench/r${round}/c${n}:1`])
      ),
    );
  const times = await alternate(ROUNDS, { davit: push(davit), peer: push(peer) });
  return {
    name: "ten clients push 10 MB each at once, davit against docker-registry",
    ratio: times.davit / times.peer,
    limit: 1,
    detail: `${times.davit.toFixed(0)} ms / ${times.peer.toFixed(0)} ms`,
  };
}

/** Writes a layout with an image of one layer, stored as it is, and returns the layer's digest. */
async function writeImage(path: string, content: Uint8Array<ArrayBuffer>): Promise<string> {
  const layer = layerFromEntries([{ path: "content", content }], { compression: "none" });
  await using layout = await createLayout(path);
  await copy(appendLayers(emptyImage(), [layer]), layout, { names: ["1"] });
  await layout.commit();
  return await layer.digest();
}

function readRate(stdout: string, unit: Load["unit"]): number {
  const [, count = "", scale = ""] = new RegExp(`^${unit}/sec:\\s+([\\d.]+)([KMG]?)B?$`, "m")
    .exec(stdout) ?? [];
  const factors: Readonly<Record<string, number>> = { "": 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30 };
  return Number(count) * (factors[scale] ?? NaN);
}

function median(rates: readonly number[]): number {
  return rates.toSorted((left, right) => left - right)[rates.length >> 1] ?? NaN;
}

if (import.meta.main) reportResults(await benchServer());
