import { readPeak, spawnDavit } from "./davit.ts";

/** A `davit registry serve` in a process of its own, on a disk of its own. */
export interface ServedRegistry extends AsyncDisposable {
  /** Host and port. */
  readonly address: string;
  /** The most memory that it has held so far, in bytes. */
  peakBytes(): number;
}

/** Starts a registry that goes away, with all that was pushed, when its scope ends. */
export async function openServedRegistry(): Promise<ServedRegistry> {
  const disk = await Deno.makeTempDir({ prefix: "davit_bench_registry_" });
  const child = spawnDavit([
    ...["registry", "serve", "--json", "--address", "127.0.0.1:0", "--disk", disk],
  ]);
  const lines = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const { value = "{}" } = await lines.read();
  return {
    address: JSON.parse(value).address,
    peakBytes: () => readPeak(child.pid) ?? NaN,
    async [Symbol.asyncDispose]() {
      await child[Symbol.asyncDispose]();
      await lines.cancel();
      await Deno.remove(disk, { recursive: true });
    },
  };
}
