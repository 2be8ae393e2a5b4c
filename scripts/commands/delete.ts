import { buildCommand, type Command } from "@stricli/core";
import type { Context } from "../console/context.ts";
import { COMMON_FLAGS, type CommonFlags } from "../console/flags.ts";
import { type LayoutImage, type NamedImage, parseNamedImage } from "../console/named_place.ts";
import { Session } from "../console/session.ts";
import { isDigest } from "../../lib/oci/digest.ts";
import { formatReference } from "../../lib/oci/reference.ts";
import { formatLocation } from "../../lib/places/location.ts";

/** `davit delete IMAGE` */
export const command: Command<Context> = buildCommand({
  docs: {
    brief: "Delete a tag, or a manifest by its digest",
    fullDescription:
      `Delete a tag and leave what it stands for, or delete a manifest by its digest, and with it
every tag that stands for it. Layers stay until the registry collects its garbage. In an OCI layout
an image goes with its last name; its blobs stay.

  davit delete registry.example/app:old
  davit delete oci:layout:old
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
  async func(this: Context, flags: CommonFlags, image: NamedImage): Promise<void> {
    await using session = new Session(this, flags);
    if (image.kind === "oci") return await deleteLocally(session, image);
    const reference = formatReference(image.reference);
    const repository = await session.repository(image.reference);
    const { digest, tag = "latest" } = image.reference;
    await repository.delete(digest ?? tag, { signal: session.signal });
    if (digest === undefined) {
      const text = `deleted the tag ${reference}; its manifest stays`;
      return session.output.result(text, { deleted: "tag", reference });
    }
    const text = `deleted the manifest ${reference} with all its tags`;
    session.output.result(text, { deleted: "manifest", reference });
  },
});

async function deleteLocally(
  { output, signal }: Session,
  { path, name = "" }: LayoutImage,
): Promise<void> {
  const { openLayout } = await import("../../lib/layout/open_layout.ts");
  await using layout = await openLayout(path);
  await layout.delete(name, { signal });
  const reference = formatLocation({ kind: "oci", path, name });
  const deleted = isDigest(name) ? "manifest" : "tag";
  output.result(`deleted the ${deleted} ${reference}; its blobs stay`, { deleted, reference });
}

/** Which of two things is to go is not guessed. */
function parseOne(text: string): NamedImage {
  const image = parseNamedImage(text, "delete");
  if (image.kind === "oci") {
    if (image.name !== undefined) return image;
    throw new SyntaxError(`Cannot delete "${text}": expected a name, as in ${text}:NAME`);
  }
  const { tag, digest } = image.reference;
  if (tag === undefined || digest === undefined) return image;
  throw new SyntaxError(`Cannot delete "${text}": expected a tag or a digest, got both`);
}
