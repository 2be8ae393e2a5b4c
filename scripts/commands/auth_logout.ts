import { buildCommand, type Command } from "@stricli/core";
import type { Context } from "../console/context.ts";
import { ACCOUNT_FLAGS, type AccountFlags } from "../console/flags.ts";
import { parseServer } from "../console/server.ts";
import { Session } from "../console/session.ts";

/** `davit auth logout SERVER` */
export const command: Command<Context> = buildCommand({
  docs: {
    brief: "Forget the credentials of a registry",
    fullDescription:
      `Remove what docker's config.json and its credential helper have for the registry. What
podman stored stays; if there is something left, it is said where.`,
  },
  parameters: {
    flags: ACCOUNT_FLAGS,
    aliases: { v: "verbose" },
    positional: {
      kind: "tuple",
      parameters: [{ brief: "Registry", placeholder: "SERVER", parse: parseServer }],
    },
  },
  async func(this: Context, flags: AccountFlags, registry: string): Promise<void> {
    const { env } = this;
    await using session = new Session(this, flags);
    const { signal } = session;
    const { eraseLogin } = await import("../../lib/registry/docker_login.ts");
    const { dockerKeychain } = await import("../../lib/registry/docker_keychain.ts");
    const removed = await eraseLogin(registry, { env, signal });
    const text = removed.length === 0
      ? `there were no credentials for ${registry}`
      : `logged out of ${registry}: removed from ${removed.join(" and ")}`;
    session.output.result(text, { registry, removed });
    const left = await dockerKeychain({ env }).credentials(registry, "", { signal });
    if (left === undefined) return;
    session.output.note(`credentials for ${registry} remain in ${left.source}`);
  },
});
