import { buildCommand, type Command } from "@stricli/core";
import type { Context } from "../console/context.ts";
import { COMMON_FLAGS, type CommonFlags } from "../console/flags.ts";
import { Session } from "../console/session.ts";
import { formatReference, parseRepository } from "../../lib/oci/reference.ts";

interface Flags extends CommonFlags {
  readonly fullRef?: boolean;
  readonly omitDigestTags?: boolean;
}

/** `davit ls REPOSITORY` */
export const command: Command<Context> = buildCommand({
  docs: { brief: "List the tags of a repository" },
  parameters: {
    flags: {
      fullRef: {
        kind: "boolean",
        brief: "Print names in full",
        optional: true,
        withNegated: false,
      },
      omitDigestTags: {
        kind: "boolean",
        brief: "Leave out tags such as sha256-… that signatures and attestations use",
        optional: true,
        withNegated: false,
      },
      ...COMMON_FLAGS,
    },
    aliases: { O: "omitDigestTags", v: "verbose" },
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
  async func(
    this: Context,
    flags: Flags,
    name: { readonly registry: string; readonly repository: string },
  ): Promise<void> {
    await using session = new Session(this, flags);
    const repository = await session.repository(name);
    for await (const tag of repository.names({ signal: session.signal })) {
      if (flags.omitDigestTags === true && tag.startsWith("sha256-")) continue;
      const text = flags.fullRef === true ? formatReference({ ...name, tag }) : tag;
      session.output.result(text, { ...name, tag });
    }
  },
});
