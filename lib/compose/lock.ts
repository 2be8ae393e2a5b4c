import { SpecError, UnsupportedError } from "../errors.ts";
import type { View } from "../image/image.ts";
import { describePlatform } from "../image/platform_names.ts";
import { listImages } from "../image/select.ts";
import type { CallOptions } from "../layer/content_source.ts";
import { type Digest, isDigest } from "../oci/digest.ts";
import { formatLocation, type Location, parseLocation } from "../places/location.ts";
import { resolveLocation } from "../places/resolve_location.ts";
import { type OpenedSource, type OpenOptions, openSource } from "../places/open.ts";
import { untilAborted } from "../stream/until_aborted.ts";
import type { BuildSpec } from "./spec.ts";

/** What a base stood for when it was locked. */
export interface LockedBase {
  /** The digest of the image or index. */
  readonly digest: Digest;
  /** Its images by platform. */
  readonly platforms: Readonly<Record<string, Digest>>;
}

/** The content of a `davit.lock`: what every base of a build file stands for. */
export interface Lock {
  /** The version of the format. */
  readonly version: 1;
  /** The bases, as the build file names them in full. */
  readonly bases: Readonly<Record<string, LockedBase>>;
}

/** What looking up bases needs. */
export interface LockBasesOptions extends CallOptions {
  /** What opening places needs. */
  readonly places: OpenOptions;
  /** The directory that local places are relative to; the current one unless said. */
  readonly directory?: string;
}

/** The places of a build file's bases. */
export function basesOf({ from }: BuildSpec): readonly Location[] {
  return from === "scratch" ? [] : [parseLocation(from)];
}

/**
 * Looks up what the bases of a build file stand for now.
 *
 * @throws {NotFoundError} When a base is not there.
 */
export async function lockBases(spec: BuildSpec, options: LockBasesOptions): Promise<Lock> {
  const bases: Record<string, LockedBase> = {};
  for (const location of basesOf(spec)) {
    await using source = await openBase(location, options);
    bases[formatLocation(location)] = await untilAborted(lockView(source.view), options.signal);
  }
  return { version: 1, bases };
}

/** Opens a base as it is now. */
export async function openBase(
  location: Location,
  { places, directory = "." }: LockBasesOptions,
): Promise<OpenedSource> {
  return await openSource(resolveLocation(location, directory), places);
}

/**
 * Opens a base as it was when it was locked: in a registry by its digest, whatever its tag stands
 * for now; elsewhere it must still be the same.
 *
 * @throws {SpecError} When the lock does not know the base, or it has changed.
 * @throws {NotFoundError} When the locked image is not there any more.
 */
export async function openLocked(
  location: Location,
  lock: Lock,
  options: LockBasesOptions,
): Promise<OpenedSource> {
  const name = formatLocation(location);
  const locked = Object.hasOwn(lock.bases, name) ? lock.bases[name] : undefined;
  if (locked === undefined) {
    throw new SpecError(
      `Cannot build on "${name}" as it was locked: expected it in davit.lock, which does not know ` +
        `it; "davit lock" notes it`,
    );
  }
  const source = await openBase(pinLocation(location, locked), options);
  const { digest } = await source.view.descriptor();
  if (digest === locked.digest) return source;
  await source[Symbol.asyncDispose]();
  throw new SpecError(
    `Cannot build on "${name}" as it was locked: expected "${locked.digest}", got "${digest}"; ` +
      `"davit lock" notes what it is now`,
  );
}

/** The place of what was locked: in a registry its digest. */
export function pinLocation(location: Location, { digest }: LockedBase): Location {
  if (location.kind !== "registry") return location;
  const { registry, repository } = location.reference;
  return { kind: "registry", reference: { registry, repository, digest } };
}

/** Writes a lock as the text of a `davit.lock`. */
export function formatLock(lock: Lock): string {
  return `${JSON.stringify(lock, null, 2)}\n`;
}

/**
 * Reads the text of a `davit.lock`.
 *
 * @param path How errors name the file.
 * @throws {SpecError} When it is no lock.
 * @throws {UnsupportedError} When it is of a later version.
 */
export function parseLock(text: string, path = "davit.lock"): Lock {
  const lock = parseObject(text, path);
  if (lock["version"] !== 1) {
    throw new UnsupportedError(
      `Cannot read "${path}": expected version 1, got ${JSON.stringify(lock["version"])}`,
    );
  }
  const bases = Object.entries(objectAt(lock["bases"], "bases", path)).map(([name, value]) => {
    const base = objectAt(value, `bases["${name}"]`, path);
    const platforms = objectAt(base["platforms"] ?? {}, `bases["${name}"].platforms`, path);
    return [name, {
      digest: digestAt(base["digest"], `bases["${name}"].digest`, path),
      platforms: Object.fromEntries(
        Object.entries(platforms).map(([platform, digest]) =>
          [platform, digestAt(digest, `bases["${name}"].platforms["${platform}"]`, path)] as const
        ),
      ),
    }] as const;
  });
  return { version: 1, bases: Object.fromEntries(bases) };
}

async function lockView(view: View): Promise<LockedBase> {
  const { digest } = await view.descriptor();
  const images = await Promise.all(
    (await listImages(view)).map(async ({ image, platform }) =>
      [describePlatform(platform), (await image.descriptor()).digest] as const
    ),
  );
  const sorted = images.sort(([a], [b]) => (a < b ? -1 : 1));
  return { digest, platforms: Object.fromEntries(sorted) };
}

function parseObject(text: string, path: string): Readonly<Record<string, unknown>> {
  try {
    return objectAt(JSON.parse(text), "the file", path);
  } catch (cause) {
    if (cause instanceof SpecError) throw cause;
    throw new SpecError(`Cannot read "${path}": expected JSON; "davit lock" writes it`, { cause });
  }
}

function objectAt(value: unknown, what: string, path: string): Readonly<Record<string, unknown>> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return value as Readonly<Record<string, unknown>>;
  }
  throw new SpecError(
    `Cannot read "${path}": expected an object as ${what}; "davit lock" writes it`,
  );
}

function digestAt(value: unknown, what: string, path: string): Digest {
  if (typeof value === "string" && isDigest(value)) return value;
  throw new SpecError(
    `Cannot read "${path}": expected a digest as ${what}; "davit lock" writes it`,
  );
}
