import { CredentialError } from "../errors.ts";
import type { CallOptions } from "../layer/content_source.ts";
import type { Credentials } from "./keychain.ts";

/** What a credential helper's process left behind. */
export interface HelperResult {
  /** Whether it exited with 0. */
  readonly success: boolean;
  /** What it printed. */
  readonly stdout: string;
}

/** What a credential helper is told to do. */
export type HelperAction = "get" | "store" | "erase";

/** How a credential helper is run. */
export interface RunHelperOptions extends CallOptions {
  /** Its one argument; `get` unless said. */
  readonly action?: HelperAction;
}

/**
 * Runs a program with text as its input; throws `Deno.errors.NotFound` when it is not installed.
 * Secrets are in the input, never among the arguments, which others can see.
 */
export type RunHelper = (
  program: string,
  input: string,
  options?: RunHelperOptions,
) => Promise<HelperResult>;

/** Which helper is meant, and how it is run. */
export interface HelperOptions extends CallOptions {
  /** The config that names it, for messages. */
  readonly source: string;
  /** Runs it; a process unless said. */
  readonly run?: RunHelper | undefined;
}

/** The user name by which a helper says that the secret is an identity token. */
const TOKEN_USER = "<token>";
const NOT_FOUND = /credentials not found/i;

/**
 * Asks a credential helper, `docker-credential-<name> get`, for a server's credentials.
 *
 * @throws {CredentialError} When the helper is not installed or fails.
 * @see {@link https://github.com/docker/docker-credential-helpers docker-credential-helpers}
 */
export async function askHelper(
  name: string,
  server: string,
  options: HelperOptions,
): Promise<Credentials | undefined> {
  const { success, stdout } = await runHelper(name, server, { ...options, action: "get" });
  const program = programOf(name);
  if (success) return readAnswer(stdout, program);
  if (NOT_FOUND.test(stdout)) return undefined;
  throw refusal("get credentials", server, program, stdout);
}

/**
 * Has a credential helper keep a user's name and password.
 *
 * @throws {CredentialError} When the helper is not installed or fails.
 */
export async function storeInHelper(
  name: string,
  login: { readonly server: string; readonly username: string; readonly password: string },
  options: HelperOptions,
): Promise<void> {
  const { server: ServerURL, username: Username, password: Secret } = login;
  const input = JSON.stringify({ ServerURL, Username, Secret });
  const { success, stdout } = await runHelper(name, input, { ...options, action: "store" });
  if (success) return;
  const words = stdout.replaceAll(Secret, "***");
  throw refusal("store credentials", ServerURL, programOf(name), words);
}

/**
 * Has a credential helper forget a server; it may not know it.
 *
 * @throws {CredentialError} When the helper is not installed or fails.
 */
export async function eraseFromHelper(
  name: string,
  server: string,
  options: HelperOptions,
): Promise<void> {
  const { success, stdout } = await runHelper(name, server, { ...options, action: "erase" });
  if (success || NOT_FOUND.test(stdout)) return;
  throw refusal("erase credentials", server, programOf(name), stdout);
}

async function runHelper(
  name: string,
  input: string,
  options: HelperOptions & { readonly action: HelperAction },
): Promise<HelperResult> {
  const { source, run = runProgram, signal } = options;
  if (!/^[A-Za-z0-9._-]+$/.test(name)) {
    throw new CredentialError(
      `Cannot run the credential helper ${
        JSON.stringify(name)
      } of ${source}: expected a plain name`,
    );
  }
  const program = programOf(name);
  return await run(program, input, options).catch((cause) => {
    signal?.throwIfAborted();
    const advice = `install it, or remove it from ${source}`;
    throw new CredentialError(`Cannot run the credential helper "${program}": ${advice}`, {
      cause,
    });
  });
}

function programOf(name: string): string {
  return `docker-credential-${name}`;
}

function refusal(act: string, server: string, program: string, stdout: string): CredentialError {
  const words = stdout.trim().slice(0, 200);
  return new CredentialError(`Cannot ${act} for "${server}" with "${program}": ${words}`);
}

function readAnswer(stdout: string, program: string): Credentials | undefined {
  let answer: Record<string, unknown> | null;
  try {
    answer = JSON.parse(stdout);
  } catch {
    throw new CredentialError(`Cannot read the answer of "${program}": expected JSON`);
  }
  const { Username: username, Secret: secret } = answer ?? {};
  if (typeof secret !== "string" || secret === "") return undefined;
  const source = `"${program}"`;
  if (username === TOKEN_USER) return { identityToken: secret, source };
  return typeof username === "string" ? { username, password: secret, source } : undefined;
}

async function runProgram(
  program: string,
  input: string,
  { action = "get", signal }: RunHelperOptions = {},
): Promise<HelperResult> {
  const child = new Deno.Command(program, {
    args: [action],
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
    ...(signal === undefined ? {} : { signal }),
  }).spawn();
  const feeding = ReadableStream.from([new TextEncoder().encode(input)])
    .pipeTo(child.stdin)
    .catch(() => {});
  const { success, stdout } = await child.output();
  await feeding;
  signal?.throwIfAborted();
  return { success, stdout: new TextDecoder().decode(stdout) };
}
