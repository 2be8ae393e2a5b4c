import { DavitError } from "../errors.ts";
import { listed } from "../store/listed.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import type { Digest } from "../oci/digest.ts";
import { DocumentCache } from "./document_cache.ts";
import { Manifests } from "./manifests.ts";
import type { HostedRepository, Repositories, ShelvedBlob } from "./repositories.ts";

/** What counts as garbage. */
export interface GarbageOptions {
  /**
   * How long content is left alone after it came, or after a client asked for it, in milliseconds: a
   * push takes that long at most. An hour unless said.
   */
  readonly delayMs?: number;
  /**
   * Whether manifests without a tag are garbage too, unless an index lists them or they are about
   * something that stays; `false` unless said: they can be pulled by digest.
   */
  readonly untagged?: boolean;
  /**
   * How long what was fetched from another registry stays after a client asked for it last, in
   * milliseconds; for good unless said. A registry that serves knows what was fetched.
   */
  readonly cachedMs?: number;
  /** Only tells what would be removed; `false` unless said. */
  readonly dryRun?: boolean;
}

/** Content that was garbage. */
export interface Garbage {
  /** Where it was. */
  readonly repository: string;
  /** What names it. */
  readonly digest: Digest;
  /** In bytes. Other repositories may hold the same content, and share its place on the disk. */
  readonly size: number;
}

/** What became of garbage. */
export interface GarbageReport {
  /** What was removed, or would have been. */
  readonly removed: readonly Garbage[];
  /** Repositories that were left as they are, because something in them cannot be read. */
  readonly skipped: readonly { readonly repository: string; readonly reason: string }[];
}

type ManifestsOf = (repository: HostedRepository) => Manifests;

const HOUR_MS = 60 * 60 * 1000;

/**
 * Removes what nothing published needs: blobs of pushes that were given up, and of manifests that
 * were deleted. Safe while clients push, to this process or to another one that serves the same
 * directory: what is new, or what a client asked for lately, is left for the next time.
 *
 * @example
 * ```ts
 * import { collectGarbage, memoryRepositories } from "@davit/davit/server";
 *
 * const { removed } = await collectGarbage(memoryRepositories(), { dryRun: true });
 * console.assert(removed.length === 0);
 * ```
 */
export function collectGarbage(
  repositories: Repositories,
  options: GarbageOptions = {},
): Promise<GarbageReport> {
  const cache = new DocumentCache();
  const manifestsOf = (repository: HostedRepository) => new Manifests(repository, cache);
  return collectWith(repositories, { manifestsOf, isCached: () => false }, options);
}

/** What a registry that serves knows of its repositories. */
export interface ServedRepositories {
  /** Their manifests. */
  readonly manifestsOf: ManifestsOf;
  /** Whether the content of one comes from another registry. */
  readonly isCached: (name: string) => boolean;
}

/** {@linkcode collectGarbage} beside a registry that serves the same repositories in this process. */
export async function collectWith(
  repositories: Repositories,
  { manifestsOf, isCached }: ServedRepositories,
  { cachedMs, ...options }: GarbageOptions,
): Promise<GarbageReport> {
  const removed: Garbage[] = [];
  const skipped: { repository: string; reason: string }[] = [];
  if (!options.dryRun) await repositories.tidy();
  for (const name of await repositories.names()) {
    const repository = await repositories.find(name);
    if (repository === undefined) continue;
    try {
      const limits = cachedMs !== undefined && isCached(name) ? { ...options, cachedMs } : options;
      const garbage = await collectFrom(repository, manifestsOf(repository), limits);
      for (const { digest, size } of garbage) removed.push({ repository: name, digest, size });
    } catch (error) {
      if (!(error instanceof DavitError)) throw error;
      skipped.push({ repository: name, reason: error.message });
    }
  }
  return { removed, skipped };
}

async function collectFrom(
  repository: HostedRepository,
  manifests: Manifests,
  { delayMs = HOUR_MS, untagged = false, dryRun = false, cachedMs = Infinity }: GarbageOptions,
): Promise<readonly ShelvedBlob[]> {
  const idleSince = Date.now() - Math.max(cachedMs, delayMs);
  const before = Date.now() - delayMs;
  const old = new Map<Digest, ShelvedBlob>();
  for await (const blob of repository.blobs.list()) {
    if (blob.usedAt <= before) old.set(blob.digest, blob);
  }
  if (old.size === 0) return [];
  const isIdle = (digest: Digest) => (old.get(digest)?.usedAt ?? Infinity) <= idleSince;
  const find = () => findNeeds(repository, manifests, { untagged, old, isIdle });
  await find(); // what has to be read is read before pushes have to wait
  return await manifests.turns.alone(async () => {
    const { needed, loose, idle } = await find();
    const garbage = [...old.values()].filter(({ digest }) => !needed.has(digest));
    if (dryRun) return garbage;
    if (loose.length > 0) await unlist(repository, loose);
    if (idle.length > 0) await forget(repository, idle);
    const removed: ShelvedBlob[] = [];
    for (const blob of garbage) {
      if (await repository.blobs.remove(blob.digest, { unusedSince: before })) removed.push(blob);
    }
    return removed;
  });
}

interface Needs {
  /** Everything that has to stay. */
  readonly needed: ReadonlySet<Digest>;
  /** The roots that need not. */
  readonly loose: readonly Descriptor[];
  /** The roots, with tags or without, that nobody has asked for in a long time. */
  readonly idle: readonly Descriptor[];
}

interface NeedsOptions {
  readonly untagged: boolean;
  /** What may be removed at all. */
  readonly old: ReadonlyMap<Digest, unknown>;
  readonly isIdle: (digest: Digest) => boolean;
}

async function findNeeds(
  repository: HostedRepository,
  manifests: Manifests,
  { untagged, old, isIdle }: NeedsOptions,
): Promise<Needs> {
  const needed = new Set<Digest>();
  const idle: Descriptor[] = [];
  let loose: Descriptor[] = [];
  for (const { name, descriptor } of await repository.roots.read()) {
    if (isIdle(descriptor.digest)) {
      idle.push(descriptor);
      continue;
    }
    const stays = !untagged || name !== undefined || !old.has(descriptor.digest);
    if (stays) await addNeeds(descriptor, manifests, needed);
    else loose.push(descriptor);
  }
  // What is about something that stays, stays; and so does what is about that.
  for (let count = -1; count !== loose.length;) {
    count = loose.length;
    const rest: Descriptor[] = [];
    for (const root of loose) {
      const { subject } = await manifests.factsOf(root);
      const stays = needed.has(root.digest) || (subject !== undefined && needed.has(subject));
      if (stays) await addNeeds(root, manifests, needed);
      else rest.push(root);
    }
    loose = rest;
  }
  return { needed, loose, idle };
}

async function addNeeds(
  root: Descriptor,
  manifests: Manifests,
  needed: Set<Digest>,
): Promise<void> {
  const childrenOf = async (index: Descriptor) => (await manifests.factsOf(index)).manifests;
  for await (const descriptor of listed([root], childrenOf)) {
    needed.add(descriptor.digest);
    for (const { digest } of (await manifests.factsOf(descriptor)).blobs) needed.add(digest);
  }
}

/** Takes roots out of the list, but for those that got a tag meanwhile. */
async function unlist(repository: HostedRepository, loose: readonly Descriptor[]): Promise<void> {
  await repository.roots.edit((roots) => {
    const named = new Set(
      [...roots].flatMap(({ name, descriptor }) => name === undefined ? [] : [descriptor.digest]),
    );
    return loose.reduce(
      (rest, { digest }) => named.has(digest) ? rest : rest.withoutDigest(digest),
      roots,
    );
  });
}

/** Takes roots out of the list, with their tags: they can be fetched again. */
async function forget(repository: HostedRepository, idle: readonly Descriptor[]): Promise<void> {
  await repository.roots.edit((roots) =>
    idle.reduce((rest, { digest }) => rest.withoutDigest(digest), roots)
  );
}
