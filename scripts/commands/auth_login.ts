import { buildCommand, type Command } from "@stricli/core";
import type { Context } from "../console/context.ts";
import { UsageError } from "../console/exit_code.ts";
import { ACCOUNT_FLAGS, type AccountFlags } from "../console/flags.ts";
import { parseServer } from "../console/server.ts";
import { Session } from "../console/session.ts";
import { readAll } from "../../lib/stream/read_all.ts";

interface Flags extends AccountFlags {
  readonly username?: string;
  readonly password?: string;
  readonly passwordStdin?: boolean;
}

const MAX_PASSWORD_BYTES = 64 * 1024;

/** `davit auth login SERVER` */
export const command: Command<Context> = buildCommand({
  docs: {
    brief: "Sign in at a registry",
    fullDescription:
      `Ask the registry whether it takes the name and password, then store them where docker does:
in the credential helper that docker's config.json names, else in config.json itself, readable
by its owner only. Nothing is stored that the registry refuses. At a terminal, what is not given is
asked for; the password does not show.

  davit auth login ghcr.io
  davit auth login ghcr.io -u me --password-stdin < token.txt`,
  },
  parameters: {
    flags: {
      username: {
        kind: "parsed",
        brief: "Name of the user",
        placeholder: "USER",
        parse: parseUser,
        optional: true,
      },
      password: {
        kind: "parsed",
        brief: "Password or token; others on this machine can see it: rather use --password-stdin",
        placeholder: "PASS",
        parse: String,
        optional: true,
      },
      passwordStdin: {
        kind: "boolean",
        brief: "Read the password from standard input",
        optional: true,
        withNegated: false,
      },
      ...ACCOUNT_FLAGS,
    },
    aliases: { u: "username", p: "password", v: "verbose" },
    positional: {
      kind: "tuple",
      parameters: [{ brief: "Registry", placeholder: "SERVER", parse: parseServer }],
    },
  },
  async func(this: Context, flags: Flags, registry: string): Promise<void> {
    const username = await readUser(this, flags);
    const password = await readPassword(this, flags);
    await using session = new Session(this, flags);
    const { signal } = session;
    const { checkCredentials } = await import("../../lib/registry/check_credentials.ts");
    const { storeLogin } = await import("../../lib/registry/docker_login.ts");
    const options = await session.transportOptions();
    const source = "the command line";
    const credentials = { username, password, source };
    const verified = await checkCredentials(registry, credentials, { ...options, signal });
    if (!verified) {
      session.output.note(`${registry} lets everybody in: the password was not checked`);
    }
    const stored = await storeLogin(registry, { username, password }, { env: this.env, signal });
    session.output.result(`logged in to ${registry} as ${username}: stored in ${stored}`, {
      registry,
      username,
      verified,
      stored,
    });
  },
});

async function readUser({ ask }: Context, { username }: Flags): Promise<string> {
  if (username !== undefined) return username;
  if (ask !== undefined) return parseUser((await ask("Username: ", false)).trim());
  throw new UsageError("Cannot log in: expected --username");
}

async function readPassword(context: Context, flags: Flags): Promise<string> {
  const { password, passwordStdin = false } = flags;
  if (passwordStdin && password !== undefined) {
    throw new UsageError("Cannot log in: expected either --password-stdin or --password");
  }
  const text = password ?? (passwordStdin ? await readStdin(context) : await askSecret(context));
  if (text !== "") return text;
  throw new UsageError("Cannot log in: expected a password, got none");
}

async function askSecret({ ask }: Context): Promise<string> {
  if (ask !== undefined) return await ask("Password: ", true);
  throw new UsageError(
    "Cannot log in: expected --password-stdin, --password or a terminal to ask at",
  );
}

/** `echo secret` ends its line; the line's end is no part of the secret. */
async function readStdin({ stdin, signal }: Context): Promise<string> {
  const limits = { maxBytes: MAX_PASSWORD_BYTES, what: "password", signal };
  return new TextDecoder().decode(await readAll(stdin, limits)).replace(/\r?\n$/, "");
}

function parseUser(text: string): string {
  if (text !== "" && !text.includes(":")) return text;
  throw new SyntaxError(`Cannot log in as ${JSON.stringify(text)}: expected a name without ":"`);
}
