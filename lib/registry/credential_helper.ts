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

/** Runs a program with text as its input; throws `Deno.errors.NotFound` when it is not installed. */
export type RunHelper = (
  program: string,
  input: string,
  options?: CallOptions,
) => Promise<HelperResult>;

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
  options: CallOptions & { readonly source: string; readonly run?: RunHelper | undefined },
): Promise<Credentials | undefined> {
  const { source, run = runProgram, signal } = options;
  const program = `docker-credential-${name}`;
  if (!/^[A-Za-z0-9._-]+$/.test(name)) {
    throw new CredentialError(
      `Cannot run the credential helper ${
        JSON.stringify(name)
      } of ${source}: expected a plain name`,
    );
  }
  const { success, stdout } = await run(program, server, options).catch((cause) => {
    signal?.throwIfAborted();
    const advice = `install it, or remove it from ${source}`;
    throw new CredentialError(`Cannot run the credential helper "${program}": ${advice}`, {
      cause,
    });
  });
  if (!success) {
    if (NOT_FOUND.test(stdout)) return undefined;
    const words = stdout.trim().slice(0, 200);
    throw new CredentialError(`Cannot get credentials for "${server}" from "${program}": ${words}`);
  }
  return readAnswer(stdout, program);
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
  { signal }: CallOptions = {},
): Promise<HelperResult> {
  const child = new Deno.Command(program, {
    args: ["get"],
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
