import type { FlagParametersForType } from "@stricli/core";
import type { View } from "../../lib/image/image.ts";
import { selectImage } from "../../lib/image/select.ts";
import type { Descriptor } from "../../lib/oci/descriptor.ts";
import { formatPlatform, parsePlatform, type Platform } from "../../lib/oci/platform.ts";
import { formatReference, parseReference, type Reference } from "../../lib/oci/reference.ts";
import {
  type FileKind,
  formatLocation,
  type Location,
  parseLocation,
} from "../../lib/places/location.ts";
import { refuseUnknownTransport } from "../../lib/places/transport.ts";
import type { OpenedSource } from "../../lib/places/open.ts";
import type { Context } from "./context.ts";
import { UsageError } from "./exit_code.ts";
import { TRANSFER_FLAGS, type TransferFlags } from "./flags.ts";
import { nameAtDestination } from "./naming.ts";
import type { Session } from "./session.ts";

/** The flags of every command that edits an image. */
export interface EditFlags extends TransferFlags {
  /** What the result is called in its registry. */
  readonly tag?: Reference;
  /** Where the result goes without a tag. */
  readonly repo?: Reference;
  /** Any other place where the result goes. */
  readonly output?: Location;
  /** The platforms whose images are edited; the others stay in the index as they are. */
  readonly only?: readonly Platform[];
}

/** {@linkcode EditFlags}, for a command's parameters. */
export const EDIT_FLAGS: FlagParametersForType<EditFlags, Context> = {
  tag: {
    kind: "parsed",
    brief: "Name of the result; the image's own unless said",
    placeholder: "NAME",
    parse: (text: string) => parseReference(text),
    optional: true,
  },
  repo: {
    kind: "parsed",
    brief: "Repository to push the result to, by digest alone",
    placeholder: "REPOSITORY",
    parse: (text: string) => parseReference(text),
    optional: true,
  },
  output: {
    kind: "parsed",
    brief: "Write the result here instead: a docker save tarball, -, or any place",
    placeholder: "PLACE",
    parse: (text: string) => parseOutput(text),
    optional: true,
  },
  only: {
    kind: "parsed",
    brief: "Edit these images of an index, keep the others",
    placeholder: "PLATFORM",
    parse: parsePlatform,
    optional: true,
    variadic: ",",
  },
  ...TRANSFER_FLAGS,
};

/** One letter for each flag that has one. */
export const EDIT_ALIASES = { t: "tag", o: "output", j: "jobs", v: "verbose" } as const;

/** Reads where a result goes: a place with its transport, else a path, of a tarball unless said. */
export function parseOutput(text: string, kind: FileKind = "docker-archive"): Location {
  const isPlace = /^(?:oci|oci-archive|docker-archive|docker-legacy|docker-daemon):|^docker:\/\//;
  if (isPlace.test(text)) return parseLocation(text);
  refuseUnknownTransport(text);
  return { kind, path: text };
}

/** An image that is being edited, and where it goes. */
export interface EditedImage {
  /** What is edited: the whole index, unless `--platform` chose an image of it. */
  readonly view: View;
  /** Writes the result and prints what it is. */
  write(result: View): Promise<void>;
}

/**
 * Opens what is edited.
 *
 * @param scope Owns what is opened.
 * @throws {UsageError} When the result has no place to go to.
 */
export async function openEdited(
  session: Session,
  scope: AsyncDisposableStack,
  { location, flags }: { readonly location: Location; readonly flags: EditFlags },
): Promise<EditedImage> {
  const target = targetOf(location, flags);
  const { view }: OpenedSource = scope.use(await session.open(location));
  const { platform, signal } = session;
  const chosen = platform === undefined ? view : await selectImage(view, platform, { signal });
  return {
    view: chosen,
    async write(result) {
      const isReplaced = target.isInPlace && platform !== undefined && view.kind === "index";
      if (isReplaced) session.output.note(replacedNote(location, platform));
      await writeResult(session, result, target);
    },
  };
}

/** Where a result goes. */
export interface EditTarget {
  /** The place. */
  readonly location: Location;
  /** What it is called there. */
  readonly names: readonly string[];
  /** Whether it takes the place of what was edited. */
  readonly isInPlace: boolean;
}

/** Decides where the result of an edit goes. */
export function targetOf(from: Location, { tag, repo, output }: EditFlags): EditTarget {
  if (tag !== undefined && repo !== undefined) {
    throw new UsageError("Cannot use --repo with --tag: --repo pushes by digest alone");
  }
  if (output !== undefined) {
    const named = tag === undefined ? from : { kind: "registry", reference: tag } as const;
    const own = "name" in output && output.name !== undefined ? [output.name] : [];
    const names = nameAtDestination(named, output, own);
    return { location: output, names, isInPlace: false };
  }
  if (repo !== undefined) return { ...inRegistry(repo), names: [], isInPlace: false };
  if (tag !== undefined) return { ...inRegistry(tag), isInPlace: false };
  return inPlace(from);
}

function inPlace(from: Location): EditTarget {
  switch (from.kind) {
    case "registry":
      return { ...inRegistry(from.reference), isInPlace: true };
    case "docker-daemon":
      if (from.name.startsWith("sha256:")) break;
      return { location: from, names: [from.name], isInPlace: true };
    case "oci":
      if (from.name === undefined) break;
      return { location: from, names: [from.name], isInPlace: true };
    default:
      break;
  }
  throw new UsageError(
    `Cannot edit "${formatLocation(from)}" in place: expected -t NAME or -o PLACE for the result`,
  );
}

/** What a digest names is not replaced: the result gets no tag. */
function inRegistry(reference: Reference): Pick<EditTarget, "location" | "names"> {
  const { registry, repository, tag, digest } = reference;
  return {
    location: { kind: "registry", reference: { registry, repository } },
    names: digest === undefined && tag !== undefined ? [tag] : [],
  };
}

async function writeResult(
  session: Session,
  result: View,
  { location, names }: EditTarget,
): Promise<void> {
  await using opened = await session.create(location);
  const descriptor = await session.copy(result, opened.destination, { names });
  await opened.destination.commit({ signal: session.signal });
  const reference = nameOf(location, descriptor);
  session.output.result(reference ?? descriptor.digest, {
    ...descriptor,
    names,
    ...(reference === undefined ? {} : { reference }),
  });
}

function nameOf(location: Location, { digest }: Descriptor): string | undefined {
  if (location.kind !== "registry") return undefined;
  const { registry, repository } = location.reference;
  return formatReference({ registry, repository, digest });
}

function replacedNote(location: Location, platform: Platform): string {
  return `${formatLocation(location)} was an index and is now its image for ` +
    `${formatPlatform(platform)}; --only keeps the others`;
}
