import { buildCommand, type Command } from "@stricli/core";
import type { Context } from "../console/context.ts";
import { COMMON_FLAGS, type CommonFlags } from "../console/flags.ts";
import { Session } from "../console/session.ts";
import { formatReference, parseReference, type Reference } from "../../lib/oci/reference.ts";

/** `davit delete IMAGE` */
export const command: Command<Context> = buildCommand({
  docs: {
    brief: "Delete a tag, or a manifest by its digest",
    fullDescription:
      `Delete a tag and leave what it stands for, or delete a manifest by its digest, and with it
every tag that stands for it. Layers stay until the registry collects its garbage.

  davit delete registry.example/app:old
  davit delete registry.example/app@sha256:...`,
  },
  parameters: {
    flags: COMMON_FLAGS,
    aliases: { v: "verbose" },
    positional: {
      kind: "tuple",
      parameters: [{ brief: "Image", placeholder: "IMAGE", parse: parseOne }],
    },
  },
  async func(this: Context, flags: CommonFlags, image: Reference): Promise<void> {
    const reference = formatReference(image);
    await using session = new Session(this, flags);
    const repository = await session.repository(image);
    if (image.digest === undefined) {
      await repository.delete(image.tag ?? "latest", { signal: session.signal });
      const text = `deleted the tag ${reference}; its manifest stays`;
      return session.output.result(text, { deleted: "tag", reference });
    }
    await repository.delete(image.digest, { signal: session.signal });
    const text = `deleted the manifest ${reference} with all its tags`;
    session.output.result(text, { deleted: "manifest", reference });
  },
});

/** Which of two things is to go is not guessed. */
function parseOne(text: string): Reference {
  const reference = parseReference(text);
  if (reference.tag === undefined || reference.digest === undefined) return reference;
  throw new SyntaxError(`Cannot delete "${text}": expected a tag or a digest, got both`);
}
