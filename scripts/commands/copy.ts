import { buildCommand, type Command } from "@stricli/core";
import type { Context } from "../console/context.ts";
import { deltaOf, HAVE_FLAG, isLocalPlace, noteDelta } from "../console/delta.ts";
import { openUnlessRetired } from "../console/copy_retired.ts";
import { UsageError } from "../console/exit_code.ts";
import {
  SIDE_FLAGS,
  type SideFlags,
  TRANSFER_FLAGS,
  type TransferFlags,
} from "../console/flags.ts";
import { nameAtDestination } from "../console/naming.ts";
import { type ChosenPlatforms, narrow, PLATFORMS_FLAG } from "../console/platforms.ts";
import { printPlan } from "../console/print_plan.ts";
import { Session } from "../console/session.ts";
import { parseSource } from "../console/stdin_archive.ts";
import { parseTarget } from "../console/stdout_archive.ts";
import { AlreadyExistsError } from "../../lib/errors.ts";
import type { View } from "../../lib/image/image.ts";
import { present } from "../../lib/oci/present.ts";
import type { Reference } from "../../lib/oci/reference.ts";
import { findTaken } from "../../lib/places/find_taken.ts";
import { formatLocation, type Location } from "../../lib/places/location.ts";
import { Attachments, isReferrersTag } from "../../lib/store/attachments.ts";
import { requireWhole } from "../../lib/store/delta.ts";
import { requireReferrers } from "../../lib/store/knows_referrers.ts";
import type { Destination, Source } from "../../lib/store/store.ts";

interface Flags extends Omit<TransferFlags, "platform">, SideFlags {
  readonly allTags?: boolean;
  readonly noClobber?: boolean;
  readonly referrers?: boolean;
  readonly dryRun?: boolean;
  readonly have?: readonly Location[];
  readonly platform?: ChosenPlatforms;
}

/** `davit copy SRC DST` */
export const command: Command<Context> = buildCommand({
  docs: {
    brief: "Copy an image from any place to any place",
    fullDescription:
      `Copy an image, or an index with all its platforms, between registries, OCI layouts,
archives and Docker. Digests stay as they are wherever the destination can hold what the source
has; what is there already is not sent again, and what broke off is gone on with.

  davit copy nginx:alpine registry.example/nginx:alpine
  davit copy --all-tags --no-clobber registry.example/app mirror.example/app
  davit copy docker-daemon:app:dev oci:layout:dev
  davit copy --referrers registry.example/app:v1 mirror.example/app:v1
  davit copy --platform linux/amd64,linux/arm64 --dry-run nginx registry.example/nginx
  davit copy --platform linux/arm64 nginx docker-archive:nginx.tar
  davit copy --have app:v1 app:v2 oci-archive:v1-to-v2.tar

At -, an archive comes through standard input or goes to standard output.

--referrers takes along what belongs to the images: what refers to them, and to that in turn, and
tags of their digests as cosign makes them. It is there before the image has its name.

--have writes a delta, for a place without a network: an archive without the layers that the
receiver has. Copied from there, it goes where those layers are, and nowhere else.`,
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
      referrers: {
        kind: "boolean",
        brief: "Copy signatures and all else that is about the images",
        optional: true,
        withNegated: false,
      },
      dryRun: {
        kind: "boolean",
        brief: "Print what would be mounted, skipped and sent, and send nothing",
        optional: true,
        withNegated: false,
      },
      have: HAVE_FLAG,
      ...SIDE_FLAGS,
      ...TRANSFER_FLAGS,
      platform: PLATFORMS_FLAG,
    },
    aliases: { a: "allTags", n: "noClobber", j: "jobs", v: "verbose" },
    positional: {
      kind: "tuple",
      parameters: [
        { brief: "Where the image is", placeholder: "SRC", parse: parseSource },
        { brief: "Where it goes", placeholder: "DST", parse: parseTarget },
      ],
    },
  },
  async func(this: Context, flags: Flags, from: Location, to: Location): Promise<void> {
    const { platform: _, ...common } = flags;
    await using session = new Session(this, common);
    if (flags.allTags === true && flags.have !== undefined) {
      throw new UsageError("Cannot use --have with --all-tags: a delta is of one image");
    }
    if (flags.allTags === true) return await copyAll(session, from, to, flags);
    await using target = await session.create(to);
    const names = nameAtDestination(from, to, target.names);
    if (flags.noClobber === true) {
      const { signal } = session;
      const taken = await findTaken(to, target.destination, { names, signal });
      if (taken !== undefined) throw new AlreadyExistsError(taken);
    }
    const destination = await deltaOf(session, target.destination, { to, have: flags.have });
    const isRemote = from.kind === "registry";
    await using source = await openUnlessRetired(session, () => session.open(from), {
      source: isRemote ? () => session.repository(from.reference, "source") : undefined,
      name: isRemote ? from.reference.digest ?? from.reference.tag ?? "" : "",
      ...{ destination, names, ...flags },
    });
    if (source === undefined) return;
    const attachments = attachmentsOf(source.source, flags);
    const isLocal = isLocalPlace(from);
    await copyOne(session, source.view, destination, { ...flags, names, attachments, isLocal });
  },
});

interface CopyOneOptions extends Pick<Flags, "dryRun" | "platform"> {
  readonly names: readonly string[];
  readonly attachments: Attachments | undefined;
  /** Whether the source may lack parts of its images: an archive or layout of a delta. */
  readonly isLocal?: boolean;
}

async function copyOne(
  session: Session,
  view: View,
  destination: Destination,
  { names, attachments, platform, dryRun = false, isLocal = false }: CopyOneOptions,
): Promise<void> {
  const narrowed = await narrow(view, platform, { session, destination });
  if (isLocal) await requireWhole(narrowed, destination, { signal: session.signal });
  const options = { names, ...present({ attachments }) };
  if (dryRun) {
    const plan = await session.plan(narrowed, destination, options);
    return printPlan(session.output, plan, [destination.label, ...names.slice(0, 1)].join(":"));
  }
  const descriptor = await session.copy(narrowed, destination, options);
  await destination.commit({ signal: session.signal });
  session.output.result(descriptor.digest, { ...descriptor, names });
  noteDelta(session, destination);
}

/** Copies tag by tag, as the registry lists them: what is done is done when a later one fails. */
async function copyAll(
  session: Session,
  from: Location,
  to: Location,
  flags: Flags,
): Promise<void> {
  const { signal } = session;
  const source = await session.repository(parseAllTags(from), "source");
  await using target = await session.repository(parseAllTags(to), "destination");
  const attachments = attachmentsOf(source, flags);
  for await (const name of source.names({ signal })) {
    if (attachments !== undefined && isReferrersTag(name)) continue;
    const names = [name];
    const taken = flags.noClobber === true
      ? await findTaken(to, target, { names, signal })
      : undefined;
    if (taken === undefined) {
      const view = await openUnlessRetired(session, () => source.open(name, { signal }), {
        source: () => Promise.resolve(source),
        ...{ name, destination: target, names, ...flags },
      });
      if (view === undefined) continue;
      await copyOne(session, view, target, { ...flags, names, attachments });
    } else {
      session.output.note(`left out ${name}: ${taken} is there`);
    }
  }
}

function attachmentsOf(source: Source, { referrers }: Flags): Attachments | undefined {
  return referrers === true ? new Attachments(requireReferrers(source)) : undefined;
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
