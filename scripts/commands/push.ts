import { buildCommand, type Command } from "@stricli/core";
import type { Context } from "../console/context.ts";
import { TRANSFER_FLAGS, type TransferFlags } from "../console/flags.ts";
import { type ChosenPlatforms, narrow, PLATFORMS_FLAG } from "../console/platforms.ts";
import { Session } from "../console/session.ts";
import { type Location, parseLocation } from "../../lib/places/location.ts";
import { refuseUnknownTransport } from "../../lib/places/transport.ts";
import { requireWhole } from "../../lib/store/delta.ts";
import { openWholeLayout } from "../../lib/places/open.ts";
import { formatReference, parseReference, type Reference } from "../../lib/oci/reference.ts";

interface Flags extends Omit<TransferFlags, "platform"> {
  readonly platform?: ChosenPlatforms;
  readonly index?: boolean;
  readonly imageRefs?: string;
}

/** `davit push PATH IMAGE` */
export const command: Command<Context> = buildCommand({
  docs: {
    brief: "Push a local layout or archive to a registry",
    fullDescription:
      `Push an OCI layout, an OCI archive or a docker save tarball (compressed or not) to a
registry. What the registry has already is not sent.

  davit push image.tar registry.example/app:v1
  davit push oci:layout:v1 registry.example/app:v1
  docker save app | davit push - registry.example/app:v1`,
  },
  parameters: {
    flags: {
      index: {
        kind: "boolean",
        brief: "Push a layout's whole index, however many entries it has",
        optional: true,
        withNegated: false,
      },
      imageRefs: {
        kind: "parsed",
        brief: "File to write the pushed image's name with digest to",
        placeholder: "FILE",
        parse: String,
        optional: true,
      },
      ...TRANSFER_FLAGS,
      platform: PLATFORMS_FLAG,
    },
    aliases: { j: "jobs", v: "verbose" },
    positional: {
      kind: "tuple",
      parameters: [
        {
          brief: "Layout, archive or place; - for an archive on standard input",
          placeholder: "PATH",
          parse: parseLocalPlace,
        },
        { brief: "Name in the registry", placeholder: "IMAGE", parse: parseImage },
      ],
    },
  },
  async func(this: Context, flags: Flags, from: Location, reference: Reference): Promise<void> {
    const { platform, ...common } = flags;
    await using session = new Session(this, common);
    await using source = flags.index === true
      ? await openWholeLayout(from)
      : await session.open(from);
    await using target = await session.create({ kind: "registry", reference });
    const { names, destination } = target;
    const view = await narrow(source.view, platform, { session, destination });
    await requireWhole(view, destination, { signal: session.signal });
    const descriptor = await session.copy(view, destination, { names });
    await destination.commit({ signal: session.signal });
    const { registry, repository } = reference;
    const name = formatReference({ registry, repository, digest: descriptor.digest });
    if (flags.imageRefs !== undefined) await Deno.writeTextFile(flags.imageRefs, `${name}\n`);
    session.output.result(name, { ...descriptor, names, reference: name });
  },
});

function parseImage(text: string): Reference {
  return parseReference(text);
}

/** A word that has no transport in front is a local path here, as in crane. */
function parseLocalPlace(text: string): Location {
  if (/^(?:oci|oci-archive|docker-archive|docker-legacy|docker-daemon|docker):/.test(text)) {
    return parseLocation(text);
  }
  refuseUnknownTransport(text);
  return { kind: "path", path: text };
}
