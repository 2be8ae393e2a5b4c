import { buildCommand, type Command } from "@stricli/core";
import type { Context } from "../console/context.ts";
import { COMMON_FLAGS, type CommonFlags } from "../console/flags.ts";
import { type NamedImage, parseNamedImage } from "../console/named_place.ts";
import { Session } from "../console/session.ts";
import { formatReference, isTag, type Reference } from "../../lib/oci/reference.ts";
import { formatLocation } from "../../lib/places/location.ts";

/** `davit tag IMAGE TAG` */
export const command: Command<Context> = buildCommand({
  docs: {
    brief: "Give an image in a registry or a layout another tag",
    fullDescription:
      `Make TAG stand for what IMAGE stands for now, in the same repository or OCI layout. No layer
moves.

  davit tag registry.example/app:v1.2.3 stable
  davit tag oci:layout:v1.2.3 stable`,
  },
  parameters: {
    flags: COMMON_FLAGS,
    aliases: { v: "verbose" },
    positional: {
      kind: "tuple",
      parameters: [
        {
          brief: "Image",
          placeholder: "IMAGE",
          parse: (text: string) => parseNamedImage(text, "tag"),
        },
        { brief: "The new tag", placeholder: "TAG", parse: parseTag },
      ],
    },
  },
  async func(this: Context, flags: CommonFlags, image: NamedImage, tag: string): Promise<void> {
    await using session = new Session(this, flags);
    if (image.kind === "registry") return await tagRemotely(session, image.reference, tag);
    const { kind, path } = image;
    await using source = await session.open(image);
    await using target = await session.create({ kind, path });
    const descriptor = await session.copy(source.view, target.destination, { names: [tag] });
    await target.destination.commit({ signal: session.signal });
    const reference = formatLocation({ kind, path, name: tag });
    session.output.result(reference, { ...descriptor, names: [tag], reference });
  },
});

async function tagRemotely(session: Session, image: Reference, tag: string): Promise<void> {
  const repository = await session.repository(image);
  const view = await repository.open(image.digest ?? image.tag, { signal: session.signal });
  const descriptor = await session.copy(view, repository, { names: [tag] });
  const name = formatReference({ ...image, tag, digest: descriptor.digest });
  session.output.result(name, { ...descriptor, names: [tag], reference: name });
}

function parseTag(text: string): string {
  if (isTag(text)) return text;
  throw new SyntaxError(
    `Cannot use ${JSON.stringify(text)} as a tag: expected at most 128 letters, digits, "_", "." ` +
      `and "-" that begin with neither "." nor "-"; a tag in another repository is for "davit copy"`,
  );
}
