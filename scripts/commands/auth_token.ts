import { buildCommand, type Command } from "@stricli/core";
import type { Context } from "../console/context.ts";
import { COMMON_FLAGS, type CommonFlags } from "../console/flags.ts";
import { Session } from "../console/session.ts";
import { UnsupportedError } from "../../lib/errors.ts";
import { parseRepository, type RepositoryName } from "../../lib/oci/reference.ts";

interface Flags extends CommonFlags {
  readonly header?: boolean;
  readonly push?: boolean;
  readonly mount?: readonly string[];
}

/** `davit auth token REPOSITORY` */
export const command: Command<Context> = buildCommand({
  docs: {
    brief: "Print a token for a repository",
    fullDescription: `Sign in at a registry and print the token that it gives for a repository.

  curl -H "$(davit auth token -H alpine)" https://index.docker.io/v2/library/alpine/tags/list`,
  },
  parameters: {
    flags: {
      header: {
        kind: "boolean",
        brief: "Print an Authorization header instead of JSON",
        optional: true,
        withNegated: false,
      },
      push: {
        kind: "boolean",
        brief: "Ask for a token that may push too",
        optional: true,
        withNegated: false,
      },
      mount: {
        kind: "parsed",
        brief: "Repository of the registry that blobs are to be mounted from",
        placeholder: "REPO",
        parse: parsePath,
        variadic: true,
        optional: true,
      },
      ...COMMON_FLAGS,
    },
    aliases: { H: "header", m: "mount", v: "verbose" },
    positional: {
      kind: "tuple",
      parameters: [
        {
          brief: "Repository",
          placeholder: "REPOSITORY",
          parse: (text: string) => parseRepository(text),
        },
      ],
    },
  },
  async func(this: Context, flags: Flags, name: RepositoryName): Promise<void> {
    const { header = false, push = false, mount = [] } = flags;
    await using session = new Session(this, flags);
    const { repositoryScope } = await import("../../lib/registry/scope.ts");
    session.bind(name, "place");
    const transport = await session.transport();
    const authorization = await transport.authorize({
      ...name,
      scopes: [
        repositoryScope(name.repository, push ? "pull,push" : "pull"),
        ...mount.map((path) => repositoryScope(path, "pull")),
      ],
      signal: session.signal,
    });
    const token = /^Bearer (.+)$/.exec(authorization ?? "")?.[1];
    if (token === undefined) {
      const wants = authorization === undefined ? "nothing" : "a name and a password";
      throw new UnsupportedError(
        `Cannot get a token from "${name.registry}": expected a registry that wants tokens, got ` +
          `one that wants ${wants}`,
      );
    }
    const text = header ? `Authorization: Bearer ${token}` : JSON.stringify({ token });
    session.output.result(text, { token });
  },
});

/** A repository of the same registry: its path alone. */
function parsePath(text: string): string {
  return parseRepository(`localhost/${text}`).repository;
}
