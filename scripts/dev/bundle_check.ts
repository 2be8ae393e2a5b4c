/**
 * Proves that davit is whole in one file: that the graph compiles, and that a bundle of it runs
 * from an empty folder, workers included, and makes the same image as the source does.
 */
const ROOT = new URL("../../", import.meta.url).pathname;
const ENTRY = `${ROOT}scripts/davit.ts`;
const SOURCE = ["run", "-A", ENTRY];

await using scope = new AsyncDisposableStack();
const folder = await Deno.makeTempDir({ prefix: "davit_bundle_" });
scope.defer(() => Deno.remove(folder, { recursive: true }));
const empty = `${folder}/empty`;
await Deno.mkdir(empty);

/** No files around and no cache: what the bundle needs and does not hold, it shall not find. */
const BARE = { cwd: empty, env: { DENO_DIR: `${folder}/cache` } };

await compile();
const tree = await makeTree();
const version = await succeed([...SOURCE, "version"]);
for (const options of [[], ["--minify"]]) {
  const bundle = await makeBundle(options);
  equal(await succeed([...bundle, "version"], BARE), version, "version");
  await compareImages(bundle);
  say(`the bundle runs from an empty folder: deno bundle ${options.join(" ")}`.trimEnd());
}

/** The product is Deno itself (denort may be out of reach): it is the graph that is proven. */
async function compile(): Promise<void> {
  await succeed(["compile", "-A", "--quiet", "--output", `${folder}/compiled`, ENTRY], {
    env: { DENORT_BIN: Deno.execPath() },
  });
  say("the graph compiles");
}

/** Writes a bundle to a folder of its own and returns the arguments that run it, offline. */
async function makeBundle(options: readonly string[]): Promise<string[]> {
  const path = `${await Deno.makeTempDir({ dir: folder })}/davit.js`;
  await succeed(["bundle", "--quiet", ...options, "--output", path, ENTRY]);
  return ["run", "-A", "--no-config", "--no-remote", "--no-npm", path];
}

async function makeTree(): Promise<string> {
  const tree = `${folder}/tree`;
  await Deno.mkdir(tree);
  for (let file = 0; file < 96; file++) {
    const lines = Array.from({ length: 40_000 }, (_, line) => `${file} ${(line * line) % 9973}\n`);
    await Deno.writeTextFile(`${tree}/${file}.txt`, lines.join(""));
  }
  return tree;
}

/** Appends the same directory by the bundle with workers, and by the source without. */
async function compareImages(bundle: readonly string[]): Promise<void> {
  await using registry = await serveRegistry(bundle);
  const append = (program: readonly string[], name: string, workers: number) => [
    ...[...program, "append", "--insecure", "--directory", tree],
    ...["--workers", String(workers), "-t", `${registry.address}/check/${name}:1`],
  ];
  const threads = new Set<string>();
  const bundled = await succeed(append(bundle, "bundle", 2), { ...BARE, threads });
  const reference = await succeed(append(SOURCE, "source", 0));
  equal(digestOf(bundled), digestOf(reference), "digest of the image");
  if (threads.size < 2) {
    throw new Error(`Cannot see the bundle's workers: ${threads.size} of 2 ran`);
  }
}

async function serveRegistry(
  program: readonly string[],
): Promise<AsyncDisposable & { address: string }> {
  const child = new Deno.Command(Deno.execPath(), {
    args: [...program, "registry", "serve", "--json", "--address", "127.0.0.1:0"],
    ...BARE,
    stdin: "null",
    stdout: "piped",
  }).spawn();
  const lines = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const { value = "{}" } = await lines.read();
  return {
    address: JSON.parse(value).address,
    async [Symbol.asyncDispose]() {
      await child[Symbol.asyncDispose]();
      await lines.cancel();
    },
  };
}

interface Surroundings {
  readonly cwd?: string;
  readonly env?: Record<string, string>;
  /** Collects the ids of the worker threads that were seen. */
  readonly threads?: Set<string>;
}

/** Runs deno and returns what it printed; fails unless it exits 0. */
async function succeed(
  args: readonly string[],
  surroundings: Surroundings = {},
): Promise<string> {
  const { cwd = ROOT, env = {}, threads } = surroundings;
  const child = new Deno.Command(Deno.execPath(), {
    args: [...args],
    env,
    cwd,
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const watch = setInterval(() => threads && addWorkerThreads(child.pid, threads), 5);
  const { code, stdout } = await child.output().finally(() => clearInterval(watch));
  if (code !== 0) throw new Error(`"deno ${args.join(" ")}" exited ${code}`);
  return new TextDecoder().decode(stdout);
}

/** Deno names the threads of its workers worker-1, worker-2, and so on. */
function addWorkerThreads(pid: number, threads: Set<string>): void {
  try {
    for (const { name } of Deno.readDirSync(`/proc/${pid}/task`)) {
      const title = Deno.readTextFileSync(`/proc/${pid}/task/${name}/comm`);
      if (title.startsWith("worker-")) threads.add(name);
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

function digestOf(output: string): string {
  const [digest] = /sha256:[0-9a-f]{64}/.exec(output) ?? [];
  if (digest === undefined) throw new Error(`Cannot find a digest in "${output}"`);
  return digest;
}

function equal(actual: string, expected: string, what: string): void {
  if (actual !== expected) throw new Error(`Expected ${what} "${expected}", got "${actual}"`);
}

function say(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${text}\n`));
}
