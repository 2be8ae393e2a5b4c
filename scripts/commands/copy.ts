import { buildCommand, type Command } from "@stricli/core";
import type { Context } from "../console/context.ts";
import { TRANSFER_FLAGS, type TransferFlags } from "../console/flags.ts";
import { Session } from "../console/session.ts";
import { present } from "../../lib/oci/present.ts";
import { type Location, parseLocation } from "../../lib/places/location.ts";
import { nameAtDestination } from "../console/naming.ts";

/** `davit copy SRC DST` */
export const command: Command<Context> = buildCommand({
  docs: {
    brief: "Copy an image from any place to any place",
    fullDescription:
      `Copy an image, or an index with all its platforms, between registries, OCI layouts,
archives and Docker. Digests stay as they are wherever the destination can hold what the source
has; what is there already is not sent again.

  davit copy nginx:alpine registry.example/nginx:alpine
  davit copy docker-daemon:app:dev oci:layout:dev
  davit copy --platform linux/arm64 nginx docker-archive:nginx.tar`,
  },
  parameters: {
    flags: TRANSFER_FLAGS,
    aliases: { j: "jobs", v: "verbose" },
    positional: {
      kind: "tuple",
      parameters: [
        { brief: "Where the image is", placeholder: "SRC", parse: parseLocation },
        { brief: "Where it goes", placeholder: "DST", parse: parseLocation },
      ],
    },
  },
  async func(this: Context, flags: TransferFlags, from: Location, to: Location): Promise<void> {
    await using session = new Session(this, flags);
    await using source = await session.open(from);
    await using target = await session.create(to);
    const names = nameAtDestination(from, to, target.names);
    const descriptor = await session.copy(source.view, target.destination, {
      names,
      ...present({ platform: session.platform }),
    });
    await target.destination.commit({ signal: session.signal });
    session.output.result(descriptor.digest, { ...descriptor, names });
  },
});
