import { buildCommand, type Command } from "@stricli/core";
import type { Context } from "../console/context.ts";
import { COMMON_FLAGS, type CommonFlags } from "../console/flags.ts";
import { type ListedPlace, parseListedPlace } from "../console/named_place.ts";
import { Session } from "../console/session.ts";
import { formatReference } from "../../lib/oci/reference.ts";
import { formatLocation } from "../../lib/places/location.ts";

interface Flags extends CommonFlags {
  readonly fullRef?: boolean;
  readonly omitDigestTags?: boolean;
}

/** A tag or name, and what it is in full. */
interface ListedName {
  readonly tag: string;
  readonly full: string;
  /** What is printed of it as JSON. */
  readonly data: object;
}

/** `davit ls REPOSITORY` */
export const command: Command<Context> = buildCommand({
  docs: {
    brief: "List the tags of a repository",
    fullDescription: `List the tags of a repository, or the names in an OCI layout or an archive.

  davit ls registry.example/app
  davit ls oci:layout
  davit ls docker-archive:images.tar`,
  },
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
          brief: "Repository, layout or archive",
          placeholder: "REPOSITORY",
          parse: parseListedPlace,
        },
      ],
    },
  },
  async func(this: Context, flags: Flags, place: ListedPlace): Promise<void> {
    await using session = new Session(this, flags);
    try {
      for await (const { tag, full, data } of list(session, place)) {
        if (flags.omitDigestTags === true && tag.startsWith("sha256-")) continue;
        session.output.result(flags.fullRef === true ? full : tag, data);
      }
    } catch (error) {
      if (place.kind === "repository") await session.hint(place.name);
      throw error;
    }
  },
});

async function* list(session: Session, place: ListedPlace): AsyncGenerator<ListedName> {
  const { signal } = session;
  if (place.kind === "repository") {
    const { name } = place;
    const repository = await session.repository(name);
    for await (const tag of repository.names({ signal })) {
      yield { tag, full: formatReference({ ...name, tag }), data: { ...name, tag } };
    }
    return;
  }
  const { kind, path } = place;
  await using opened = await session.openPlace(place);
  for await (const tag of opened.source.names({ signal })) {
    yield { tag, full: `${formatLocation({ kind, path })}:${tag}`, data: { kind, path, tag } };
  }
}
