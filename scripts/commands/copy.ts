import { buildCommand, type Command } from "@stricli/core";
import type { Context } from "../console/context.ts";
import { UsageError } from "../console/exit_code.ts";
import {
  SIDE_FLAGS,
  type SideFlags,
  TRANSFER_FLAGS,
  type TransferFlags,
} from "../console/flags.ts";
import { nameAtDestination } from "../console/naming.ts";
import { Session } from "../console/session.ts";
import { AlreadyExistsError } from "../../lib/errors.ts";
import type { View } from "../../lib/image/image.ts";
import { present } from "../../lib/oci/present.ts";
import type { Reference } from "../../lib/oci/reference.ts";
import { findTaken } from "../../lib/places/find_taken.ts";
import { formatLocation, type Location, parseLocation } from "../../lib/places/location.ts";
import type { Destination } from "../../lib/store/store.ts";

interface Flags extends TransferFlags, SideFlags {
  readonly allTags?: boolean;
  readonly noClobber?: boolean;
}

/** `davit copy SRC DST` */
export const command: Command<Context> = buildCommand({
  docs: {
    brief: "Copy an image from any place to any place",
    fullDescription:
      `Copy an image, or an index with all its platforms, between registries, OCI layouts,
archives and Docker. Digests stay as they are wherever the destination can hold what the source
has; what is there already is not sent again.

  davit copy nginx:alpine registry.example/nginx:alpine
  davit copy --all-tags --no-clobber registry.example/app mirror.example/app
  davit copy docker-daemon:app:dev oci:layout:dev
  davit copy --platform linux/arm64 nginx docker-archive:nginx.tar`,
  },
  parameters: {
    flags: {
      allTags: {
        kind: "boolean",
        brief: "Copy every tag of a repository",
        optional: true,
        withNegated: false,
      },
      noClobber: {
        kind: "boolean",
        brief: "Replace nothing: exit 4, or with --all-tags leave the tag out",
        optional: true,
        withNegated: false,
      },
      ...SIDE_FLAGS,
      ...TRANSFER_FLAGS,
    },
    aliases: { a: "allTags", n: "noClobber", j: "jobs", v: "verbose" },
    positional: {
      kind: "tuple",
      parameters: [
        { brief: "Where the image is", placeholder: "SRC", parse: parseLocation },
        { brief: "Where it goes", placeholder: "DST", parse: parseLocation },
      ],
    },
  },
  async func(this: Context, flags: Flags, from: Location, to: Location): Promise<void> {
    const { allTags = false, noClobber = false } = flags;
    await using session = new Session(this, flags);
    if (allTags) return await copyAll(session, { from, to, noClobber });
    await using target = await session.create(to);
    const names = nameAtDestination(from, to, target.names);
    if (noClobber) {
      const { signal } = session;
      const taken = await findTaken(to, target.destination, { names, signal });
      if (taken !== undefined) throw new AlreadyExistsError(taken);
    }
    await using source = await session.open(from);
    await copyOne(session, source.view, target.destination, names);
  },
});

async function copyOne(
  session: Session,
  view: View,
  destination: Destination,
  names: readonly string[],
): Promise<void> {
  const platform = present({ platform: session.platform });
  const descriptor = await session.copy(view, destination, { names, ...platform });
  await destination.commit({ signal: session.signal });
  session.output.result(descriptor.digest, { ...descriptor, names });
}

/** Copies tag by tag, as the registry lists them: what is done is done when a later one fails. */
async function copyAll(
  session: Session,
  { from, to, noClobber }: {
    readonly from: Location;
    readonly to: Location;
    readonly noClobber: boolean;
  },
): Promise<void> {
  const { signal } = session;
  const source = await session.repository(parseAllTags(from), "source");
  await using target = await session.repository(parseAllTags(to), "destination");
  for await (const name of source.names({ signal })) {
    const names = [name];
    const taken = noClobber ? await findTaken(to, target, { names, signal }) : undefined;
    if (taken === undefined) {
      await copyOne(session, await source.open(name, { signal }), target, names);
    } else {
      session.output.note(`left out ${name}: ${taken} is there`);
    }
  }
}

/** A name without a tag has become `latest`. */
function parseAllTags(location: Location): Reference {
  if (location.kind === "registry") {
    const { tag, digest } = location.reference;
    if (digest === undefined && tag === "latest") return location.reference;
  }
  throw new UsageError(
    `Cannot copy all tags with "${formatLocation(location)}": expected a registry's repository, ` +
      "without tag or digest",
  );
}
