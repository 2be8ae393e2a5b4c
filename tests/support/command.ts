/** Runs the real programs that davit is compared with. */

/** What a finished command left behind. */
export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Standard output before it was decoded, for commands that write archives. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

export interface RunOptions {
  /** Given to the command; without it, standard input is empty. */
  readonly stdin?: string | Uint8Array | ReadableStream<Uint8Array>;
  /** Added to the environment. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly signal?: AbortSignal;
}

/** What commands print shall not depend on who runs the tests, nor where. */
const PLAIN = { LC_ALL: "C.UTF-8", TZ: "UTC" };

/** Runs a command to its end, whatever its exit code. */
export async function run(
  command: string,
  args: readonly string[] = [],
  options: RunOptions = {},
): Promise<CommandResult> {
  const { stdin, env, ...rest } = options;
  const path = findCommand(command);
  if (path === undefined) throw new Error(`Cannot run "${command}": it is not installed`);
  const child = new Deno.Command(path, {
    ...rest,
    env: { ...PLAIN, ...env },
    args: [...args],
    stdin: stdin === undefined ? "null" : "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const feeding = stdin === undefined ? undefined : feed(stdin, child.stdin);
  const { code, stdout, stderr } = await child.output();
  await feeding;
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr), bytes: stdout };
}

/** Runs a command and fails with what it said unless it exits 0. */
export async function runOk(
  command: string,
  args: readonly string[] = [],
  options: RunOptions = {},
): Promise<CommandResult> {
  const result = await run(command, args, options);
  if (result.code !== 0) {
    const said = (result.stderr || result.stdout).trim();
    throw new Error(`"${[command, ...args].join(" ")}" exited ${result.code}: ${said}`);
  }
  return result;
}

/** Returns the path of a command in PATH, the system folders or Go's, or `undefined`. */
export function findCommand(command: string): string | undefined {
  if (command.includes("/")) return command;
  const folders = (Deno.env.get("PATH") ?? "").split(":").filter((folder) => folder !== "");
  const home = Deno.env.get("HOME");
  if (home !== undefined) folders.push(`${home}/go/bin`);
  return [...folders, "/usr/local/go/bin", "/usr/sbin", "/sbin"]
    .map((folder) => `${folder}/${command}`)
    .find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    const { isFile, mode } = Deno.statSync(path);
    return isFile && ((mode ?? 0o111) & 0o111) !== 0;
  } catch {
    return false;
  }
}

/** A command may stop reading before the end: its exit code tells, so a broken pipe is no error. */
async function feed(
  stdin: NonNullable<RunOptions["stdin"]>,
  writable: WritableStream<Uint8Array>,
): Promise<void> {
  const source = stdin instanceof ReadableStream ? stdin : ReadableStream.from([toBytes(stdin)]);
  try {
    await source.pipeTo(writable);
  } catch (error) {
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
  }
}

/** UTF-8, of text. */
export function toBytes(input: string | Uint8Array): Uint8Array {
  return typeof input === "string" ? new TextEncoder().encode(input) : input;
}
