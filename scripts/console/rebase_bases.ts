import { type BaseCandidate, findBase } from "../../lib/image/find_base.ts";
import type { Image, View } from "../../lib/image/image.ts";
import { listImages, platformOf, selectImage } from "../../lib/image/select.ts";
import { NotFoundError } from "../../lib/errors.ts";
import { ANNOTATION, type Annotations } from "../../lib/oci/annotations.ts";
import { isDigest } from "../../lib/oci/digest.ts";
import { parseManifest } from "../../lib/oci/manifest.ts";
import { formatLocation, type Location, parseLocation } from "../../lib/places/location.ts";
import type { OpenedSource } from "../../lib/places/open.ts";
import type { Bases } from "../../lib/image/rebase.ts";
import { UsageError } from "./exit_code.ts";
import type { Session } from "./session.ts";

/** The bases a command line names. */
export interface NamedBases {
  readonly oldBase?: Location;
  readonly newBase?: Location;
}

/** The bases of a whole image or index. */
export interface ResolvedBases {
  /** The new base as it is named. */
  readonly name: string;
  /** The new base, or the index that has it. */
  readonly newBase: View;
  /** The bases of one image: those for its platform. */
  basesOf(image: Image): Promise<Bases>;
}

/** How many tags are looked at for a base that nobody named. */
const MAX_TAGS = 500;

/**
 * Finds the bases: those that are named, else those of the image's annotations; an old base that
 * nobody knows among the tags of the new one, by its layers.
 */
export async function resolveBases(
  session: Session,
  scope: AsyncDisposableStack,
  { view, named }: { readonly view: View; readonly named: NamedBases },
): Promise<ResolvedBases> {
  const noted = named.newBase !== undefined && named.oldBase !== undefined
    ? {}
    : await annotationsOf(view);
  const newName = named.newBase ?? parseBase(noted[ANNOTATION.baseName]);
  const fresh = scope.use(await session.open(newName));
  const oldName = named.oldBase ?? digestAt(newName, noted[ANNOTATION.baseDigest]);
  const old = oldName === undefined ? undefined : await openOld(session, scope, {
    location: oldName,
    isNamed: named.oldBase !== undefined,
  });
  return {
    name: formatLocation(newName),
    newBase: fresh.view,
    async basesOf(image) {
      const platform = await platformOf(image);
      const { signal } = session;
      const newBase = await selectImage(fresh.view, platform, { signal });
      const oldBase = old === undefined
        ? await search(session, image, fresh)
        : await selectImage(old.view, platform, { signal });
      return { oldBase, newBase };
    },
  };
}

async function annotationsOf(view: View): Promise<Annotations> {
  const [first] = await listImages(view);
  if (first === undefined) return {};
  return parseManifest(await first.image.manifest()).annotations ?? {};
}

function parseBase(name: string | undefined): Location {
  if (name !== undefined) return parseLocation(name);
  throw new UsageError(
    `Cannot rebase: expected --new-base, the image has no annotation "${ANNOTATION.baseName}"`,
  );
}

/** The old base is noted by its digest alone; it is where the new one is. */
function digestAt(place: Location, digest: string | undefined): Location | undefined {
  if (digest === undefined || !isDigest(digest) || place.kind !== "registry") return undefined;
  const { registry, repository } = place.reference;
  return { kind: "registry", reference: { registry, repository, digest } };
}

/** A noted base may be gone by now; a named one must be there. */
async function openOld(
  session: Session,
  scope: AsyncDisposableStack,
  { location, isNamed }: { readonly location: Location; readonly isNamed: boolean },
): Promise<OpenedSource | undefined> {
  try {
    return scope.use(await session.open(location));
  } catch (error) {
    if (isNamed || !(error instanceof NotFoundError)) throw error;
    session.output.note(`${formatLocation(location)} is gone: looking for the base by its layers`);
    return undefined;
  }
}

async function search(
  session: Session,
  image: Image,
  opened: OpenedSource,
): Promise<Image> {
  const found = await findBase(image, candidates(session, opened));
  if (found === undefined) {
    const { digest } = await image.descriptor();
    const place = `the tags of ${opened.source.label}; name it by --old-base`;
    throw new NotFoundError("base of", digest, place);
  }
  session.output.note(`the old base is ${opened.source.label}:${found.name}, by its layers`);
  return found.image;
}

async function* candidates(
  { signal }: Session,
  { source }: OpenedSource,
): AsyncGenerator<BaseCandidate> {
  let count = 0;
  for await (const name of source.names({ signal })) {
    if (++count > MAX_TAGS) return;
    yield { name, view: await source.open(name, { signal }) };
  }
}
