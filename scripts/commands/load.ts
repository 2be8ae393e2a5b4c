import { buildCommand, type Command } from "@stricli/core";
import type { Context } from "../console/context.ts";
import { nameAtDestination } from "../console/naming.ts";
import { TRANSFER_FLAGS, type TransferFlags } from "../console/flags.ts";
import { Session } from "../console/session.ts";
import { present } from "../../lib/oci/present.ts";
import { type Location, parseLocation } from "../../lib/places/location.ts";
import { formatReference, parseReference } from "../../lib/oci/reference.ts";

interface Flags extends TransferFlags {
  readonly tag?: string;
}

/** `davit load IMAGE` */
export const command: Command<Context> = buildCommand({
  docs: {
    brief: "Load an image into Docker",
    fullDescription:
      `Stream an image from any place into Docker's engine, without a file in between.

  davit load registry.example/app:v1
  davit load -t app:dev oci:layout:v1`,
  },
  parameters: {
    flags: {
      tag: {
        kind: "parsed",
        brief: "Name in Docker; as at the source unless said",
        placeholder: "NAME",
        parse: (text: string) => formatReference(parseReference(text)),
        optional: true,
      },
      ...TRANSFER_FLAGS,
    },
    aliases: { t: "tag", j: "jobs", v: "verbose" },
    positional: {
      kind: "tuple",
      parameters: [{ brief: "Where the image is", placeholder: "IMAGE", parse: parseLocation }],
    },
  },
  async func(this: Context, flags: Flags, from: Location): Promise<void> {
    await using session = new Session(this, flags);
    await using source = await session.open(from);
    const [name = ""] = flags.tag === undefined
      ? nameAtDestination(from, { kind: "docker-archive", path: "" }, [])
      : [flags.tag];
    await using target = await session.create({ kind: "docker-daemon", name });
    const names = name === "" ? [] : [name];
    const descriptor = await session.copy(source.view, target.destination, {
      names,
      ...present({ platform: session.platform }),
    });
    await target.destination.commit({ signal: session.signal });
    session.output.result(name === "" ? descriptor.digest : name, { ...descriptor, names });
  },
});
