/** The arguments of `deno` that run davit from its source. */
export const DAVIT: readonly string[] = [
  "run",
  "-A",
  new URL("../../scripts/davit.ts", import.meta.url).pathname,
];

/** What a run of davit left behind. */
export interface DavitRun {
  readonly stdout: string;
  /** The most memory that it held, in bytes. */
  readonly peakBytes: number;
}

/** Starts davit from its source. */
export function spawnDavit(args: readonly string[]): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: [...DAVIT, ...args],
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
}

/** Runs davit to its end; fails unless it exits 0. */
export async function runDavit(args: readonly string[]): Promise<DavitRun> {
  const child = spawnDavit(args);
  let peakBytes = 0;
  const watch = setInterval(() => peakBytes = readPeak(child.pid) ?? peakBytes, 20);
  const { code, stdout } = await child.output().finally(() => clearInterval(watch));
  if (code !== 0) throw new Error(`"davit ${args.join(" ")}" exited ${code}`);
  return { stdout: new TextDecoder().decode(stdout), peakBytes };
}

/** Returns the most memory that a running process has held so far, in bytes. */
export function readPeak(pid: number): number | undefined {
  try {
    const [, kilobytes] = /^VmHWM:\s+(\d+) kB/m.exec(
      Deno.readTextFileSync(`/proc/${pid}/status`),
    ) ?? [];
    return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
  } catch {
    return undefined;
  }
}
