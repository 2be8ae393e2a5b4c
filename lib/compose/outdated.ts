import { NotFoundError } from "../errors.ts";
import { diffViews, type ViewDiff } from "../inspect/diff_views.ts";
import type { Digest } from "../oci/digest.ts";
import { formatLocation, parseLocation } from "../places/location.ts";
import {
  type Lock,
  type LockBasesOptions,
  type LockedBase,
  openBase,
  pinLocation,
} from "./lock.ts";

/** What became of a base since it was locked. */
export interface BaseStatus {
  /** The base, as the build file names it in full. */
  readonly base: string;
  /** The digest that was locked. */
  readonly locked: Digest;
  /** The digest now. */
  readonly current: Digest;
  /** Whether the base stands for something else now. */
  readonly hasMoved: boolean;
  /**
   * What changed, by the documents of both; absent when nothing did, or when the locked image is
   * not there any more.
   */
  readonly diff?: ViewDiff;
}

/**
 * Looks whether the bases of a lock stand for something else now, and what changed. No layer is
 * read.
 *
 * @throws {NotFoundError} When a base is not there any more.
 */
export async function findOutdated(
  lock: Lock,
  options: LockBasesOptions,
): Promise<readonly BaseStatus[]> {
  const statuses: BaseStatus[] = [];
  for (const [base, locked] of Object.entries(lock.bases)) {
    statuses.push(await statusOf(base, locked, options));
  }
  return statuses;
}

async function statusOf(
  base: string,
  locked: LockedBase,
  options: LockBasesOptions,
): Promise<BaseStatus> {
  const location = parseLocation(base);
  await using now = await openBase(location, options);
  const { digest: current } = await now.view.descriptor();
  const status = { base: formatLocation(location), locked: locked.digest, current };
  if (current === locked.digest) return { ...status, hasMoved: false };
  if (location.kind !== "registry") return { ...status, hasMoved: true };
  try {
    await using then = await openBase(pinLocation(location, locked), options);
    const { signal } = options;
    const diff = await diffViews(then.view, now.view, {
      fast: true,
      ...(signal === undefined ? {} : { signal }),
    });
    return { ...status, hasMoved: true, diff };
  } catch (error) {
    if (!(error instanceof NotFoundError)) throw error;
    return { ...status, hasMoved: true };
  }
}
