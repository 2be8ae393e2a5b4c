import { buildCommand, type Command } from "@stricli/core";
import type { Context } from "../console/context.ts";
import { ACCOUNT_FLAGS, type AccountFlags } from "../console/flags.ts";
import { parseServerOrRepository } from "../console/server.ts";
import { Session } from "../console/session.ts";
import { NotFoundError } from "../../lib/errors.ts";
import type { RepositoryName } from "../../lib/oci/reference.ts";
import type { Credentials } from "../../lib/registry/keychain.ts";
import { readAll } from "../../lib/stream/read_all.ts";

/** What a credential helper prints when it has nothing; its callers look for these words. */
const NOT_FOUND = "credentials not found in native keychain";
const MAX_NAME_BYTES = 64 * 1024;

/** `davit auth get [SERVER]` */
export const command: Command<Context> = buildCommand({
  docs: {
    brief: "Print the credentials for a registry, as a credential helper",
    fullDescription:
      `Print the name and the secret that davit would use for a registry, or for a repository of
it, as JSON. Without an argument the registry is read from standard input: so davit can stand in
for a docker credential helper. With --verbose it is said where they were found.

  davit auth get ghcr.io`,
  },
  parameters: {
    flags: ACCOUNT_FLAGS,
    aliases: { v: "verbose" },
    positional: {
      kind: "tuple",
      parameters: [
        {
          brief: "Registry or repository; from standard input unless said",
          placeholder: "SERVER",
          parse: parseServerOrRepository,
          optional: true,
        },
      ],
    },
  },
  async func(this: Context, flags: AccountFlags, named?: RepositoryName): Promise<void> {
    const { registry, repository } = named ?? parseServerOrRepository(await readName(this));
    await using session = new Session(this, flags);
    const { signal } = session;
    const { keychain } = await session.transportOptions();
    const found = answerOf(await keychain.credentials(registry, repository, { signal }));
    if (found === undefined) {
      this.process.stdout.write(`${NOT_FOUND}\n`);
      throw new NotFoundError("credentials", registry);
    }
    session.output.result(JSON.stringify(found), found);
  },
});

async function readName({ stdin, signal }: Context): Promise<string> {
  const limits = { maxBytes: MAX_NAME_BYTES, what: "name of a registry", signal };
  return new TextDecoder().decode(await readAll(stdin, limits));
}

function answerOf(
  { username, password, identityToken }: Credentials = {},
): { readonly Username: string; readonly Secret: string } | undefined {
  if (identityToken !== undefined) return { Username: "<token>", Secret: identityToken };
  if (username === undefined || password === undefined) return undefined;
  return { Username: username, Secret: password };
}
