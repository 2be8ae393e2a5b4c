import { buildCommand, type Command } from "@stricli/core";
import type { Context } from "../console/context.ts";
import { UsageError } from "../console/exit_code.ts";
import { COMMON_FLAGS, type CommonFlags } from "../console/flags.ts";
import { Session } from "../console/session.ts";
import { parseReference, type Reference } from "../../lib/oci/reference.ts";

/** `davit blob REPOSITORY@DIGEST` */
export const command: Command<Context> = buildCommand({
  docs: {
    brief: "Write a blob to standard output",
    fullDescription:
      `Write a blob's bytes to standard output, verified as they pass: a failure at the end means
that what was written is not what the digest names.

  davit blob registry.example/app@sha256:4f53… | tar tz`,
  },
  parameters: {
    flags: COMMON_FLAGS,
    aliases: { v: "verbose" },
    positional: {
      kind: "tuple",
      parameters: [{
        brief: "Blob",
        placeholder: "REPOSITORY@DIGEST",
        parse: (text: string) => parseReference(text),
      }],
    },
  },
  async func(this: Context, flags: CommonFlags, { digest, ...name }: Reference): Promise<void> {
    if (digest === undefined) {
      throw new UsageError(`Cannot fetch a blob: expected REPOSITORY@DIGEST, got no digest`);
    }
    await using session = new Session(this, flags);
    const repository = await session.repository(name);
    const { signal } = session;
    const descriptor = await repository.resolveBlob(digest, { signal });
    const content = await repository.fetch(descriptor, { signal });
    await content.pipeTo(this.stdout, { preventClose: true, signal });
  },
});
