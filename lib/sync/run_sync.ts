import { DavitError } from "../errors.ts";
import type { CallOptions } from "../layer/content_source.ts";
import type { Digest } from "../oci/digest.ts";
import { present } from "../oci/present.ts";
import { parseRepository, type RepositoryName } from "../oci/reference.ts";
import { parseRegistry } from "../oci/registry_name.ts";
import { type Location, parseLocation } from "../places/location.ts";
import {
  openDestination,
  type OpenedDestination,
  openForReading,
  type OpenOptions,
  openSource,
} from "../places/open.ts";
import { Attachments, isReferrersTag } from "../store/attachments.ts";
import type { OnCopyEvent } from "../store/events.ts";
import { requireReferrers } from "../store/knows_referrers.ts";
import { Permits } from "../store/permits.ts";
import type { Deleter, Destination, Store } from "../store/store.ts";
import { deleteExtra } from "./delete_extra.ts";
import { filterNames, filterTags } from "./filters.ts";
import { repositoryUnder } from "./names.ts";
import { parsePlatforms, Rehearsal, type SyncedImage, syncImage } from "./sync_image.ts";
import type {
  ImageEntry,
  RegistryEntry,
  RepositoryEntry,
  SyncEntry,
  SyncSpec,
} from "./sync_spec.ts";

/** What came of one image, tag or repository. */
export interface SyncResult {
  /** What was to be kept in step; absent for a tag that is deleted. */
  readonly from?: string;
  /** Where. */
  readonly to: string;
  /** What came of it. */
  readonly outcome: "copied" | "unchanged" | "deleted" | "failed";
  /** What the name stands for now. */
  readonly digest?: Digest;
  /** How many bytes were sent; in a dry run, each once that a place lacks. */
  readonly bytes?: number;
  /** Why it failed. */
  readonly reason?: string;
}

/** What came of all of it. */
export interface SyncReport {
  /** Each image, in the order in which they were done. */
  readonly results: readonly SyncResult[];
  /** How many there were of each outcome. */
  readonly totals: Readonly<Record<SyncResult["outcome"], number>>;
  /** How many bytes were sent in all. */
  readonly bytes: number;
}

/** Options of {@linkcode runSync}. */
export interface RunSyncOptions extends CallOptions {
  /** What opening places needs. */
  readonly places: OpenOptions;
  /** How much is done at once, in all; 4 unless said. */
  readonly jobs?: number;
  /** Says what would be done, and does none of it; `false` unless said. */
  readonly dryRun?: boolean;
  /** Told of each result at once. */
  readonly onResult?: (result: SyncResult) => void;
  /** Hears what happens. */
  readonly onEvent?: OnCopyEvent;
}

/**
 * Keeps places in step with others, as a spec says. What is there is not sent again, so that a run
 * that was interrupted goes on where it was. What fails is told, and does not stop the rest.
 *
 * @example
 * ```ts
 * import { runSync } from "@davit/davit/sync";
 * import { Transport } from "@davit/davit/registry";
 *
 * using transport = new Transport();
 * const { totals } = await runSync({ sync: [] }, { places: { transport } });
 * console.assert(totals.failed === 0);
 * ```
 */
export async function runSync(spec: SyncSpec, options: RunSyncOptions): Promise<SyncReport> {
  const run = new SyncRun(options);
  const entries = spec.sync.map((entry) => ({ ...spec.defaults, ...entry }));
  await Promise.all([
    ...entries.filter(isImage).map((entry) => run.syncOne(entry)),
    run.syncMany(entries.filter((entry) => !isImage(entry))),
  ]);
  return run.report();
}

function isImage(entry: SyncEntry): entry is ImageEntry {
  return "image" in entry;
}

class SyncRun {
  readonly #options: RunSyncOptions;
  readonly #permits: Permits;
  readonly #images: Permits;
  readonly #results: SyncResult[] = [];
  readonly #rehearsal: Rehearsal | undefined;
  #transfers = 0;

  constructor(options: RunSyncOptions) {
    const { jobs = 4, dryRun = false } = options;
    this.#rehearsal = dryRun ? new Rehearsal() : undefined;
    this.#options = options;
    this.#permits = new Permits(jobs);
    this.#images = new Permits(jobs);
  }

  report(): SyncReport {
    const results = this.#results;
    const count = (outcome: SyncResult["outcome"]) =>
      results.filter((result) => result.outcome === outcome).length;
    return {
      results,
      totals: {
        copied: count("copied"),
        unchanged: count("unchanged"),
        deleted: count("deleted"),
        failed: count("failed"),
      },
      bytes: results.reduce((sum, { bytes = 0 }) => sum + bytes, 0),
    };
  }

  /** Syncs repositories and registries, one after another. */
  async syncMany(entries: readonly SyncEntry[]): Promise<void> {
    for (const entry of entries) {
      if ("repository" in entry) await this.#syncRepository(entry);
      if ("registry" in entry) await this.#syncRegistry(entry);
    }
  }

  /** Syncs one image, when its turn comes. */
  async syncOne(entry: ImageEntry): Promise<void> {
    await this.#images.run(() => this.#syncEntry(entry), this.#options.signal);
  }

  async #syncEntry({ image, to, platforms, referrers }: ImageEntry): Promise<boolean> {
    return await this.#try({ from: image, to }, async () => {
      const { places } = this.#options;
      await using source = await openSource(parseLocation(image), places);
      await using target = await openDestination(parseLocation(to), places);
      const location = parseLocation(image);
      const attachments = referrers === true
        ? new Attachments(requireReferrers(source.source))
        : undefined;
      return await this.#syncImage({
        source: source.source,
        name: nameOf(location),
        destination: target.destination,
        names: target.names,
        platforms: parsePlatforms(platforms),
        attachments,
      });
    });
  }

  async #syncRegistry(entry: RegistryEntry): Promise<void> {
    const { registry, to, repositories, tags, delete: deletes, platforms, referrers } = entry;
    await this.#try({ from: registry, to }, async () => {
      const found = filterNames(await this.#listRepositories(registry), repositories);
      for (const path of found) {
        const target = repositoryUnder(to, path);
        await this.#syncRepository({
          repository: `${parseRegistry(registry)}/${path}`,
          to: `${target.registry}/${target.repository}`,
          ...present({ tags, delete: deletes, platforms, referrers }),
        });
      }
    });
  }

  async #syncRepository(entry: RepositoryEntry): Promise<void> {
    const { repository, to, tags, platforms, referrers, delete: deletes = false } = entry;
    await this.#try({ from: repository, to }, async () => {
      const { places, signal } = this.#options;
      const name = parseRepository(repository);
      const lists = await openForReading(name, undefined, places);
      const all = await Array.fromAsync(lists.names(present({ signal })));
      const listed = referrers === true ? all.filter((tag) => !isReferrersTag(tag)) : all;
      const meant = filterTags(listed, tags);
      const source = await openForReading(name, meant[0] ?? "latest", places);
      await using target = await this.#openStore(to);
      const attachments = referrers === true ? new Attachments(lists) : undefined;
      const { destination } = target;
      const done = await Promise.all(
        meant.map((tag) =>
          this.#images.run(
            () =>
              this.#try({ from: `${repository}:${tag}`, to: `${to}:${tag}` }, () =>
                this.#syncImage({
                  source,
                  name: tag,
                  destination,
                  names: [tag],
                  platforms: parsePlatforms(platforms),
                  attachments,
                })),
            signal,
          )
        ),
      );
      if (deletes) {
        await this.#deleteExtra(destination, { to, meant, isWhole: done.every(Boolean) });
      }
    });
  }

  async #syncImage(image: SyncedImage): Promise<Omit<SyncResult, "from" | "to">> {
    const { signal } = this.#options;
    return await syncImage(image, {
      permits: this.#permits,
      rehearsal: this.#rehearsal,
      onEvent: this.#tellApart(),
      ...present({ signal }),
    });
  }

  /** Hears the events of one copy, and passes them on with numbers that no other copy uses. */
  #tellApart(): OnCopyEvent | undefined {
    const { onEvent } = this.#options;
    if (onEvent === undefined) return undefined;
    const ids = new Map<number, number>();
    return (event) => {
      if (!("id" in event)) return onEvent(event);
      const id = ids.get(event.id) ?? this.#transfers++;
      ids.set(event.id, id);
      onEvent({ ...event, id });
    };
  }

  async #deleteExtra(
    destination: Destination,
    { to, meant, isWhole }: {
      readonly to: string;
      readonly meant: readonly string[];
      readonly isWhole: boolean;
    },
  ): Promise<void> {
    const { signal } = this.#options;
    const place = destination as Store & Deleter;
    const extra = await deleteExtra(place, meant, { isWhole, ...present({ signal }) });
    for (const { tag, remove } of extra) {
      await this.#try({ to: `${to}:${tag}` }, async () => {
        if (this.#rehearsal === undefined) await this.#permits.run(remove, signal);
        return { outcome: "deleted" };
      });
    }
  }

  async #listRepositories(registry: string): Promise<readonly string[]> {
    const { places: { transport }, signal } = this.#options;
    const { Registry } = await import("../registry/registry.ts");
    const made = typeof transport === "function" ? await transport() : transport;
    const opened = new Registry(registry, { transport: made });
    return await Array.fromAsync(opened.catalog(present({ signal })));
  }

  async #openStore(to: string): Promise<OpenedDestination> {
    const { places } = this.#options;
    if (to.startsWith("oci:")) return await openDestination(parseLocation(to), places);
    const reference: RepositoryName = parseRepository(to);
    return await openDestination({ kind: "registry", reference }, places);
  }

  /** Does something and tells of it; what fails is told and goes no further. */
  async #try(
    subject: Pick<SyncResult, "from" | "to">,
    work: () => Promise<Omit<SyncResult, "from" | "to"> | void>,
  ): Promise<boolean> {
    try {
      const result = await work();
      if (result !== undefined) this.#tell({ ...subject, ...result });
      return true;
    } catch (error) {
      this.#options.signal?.throwIfAborted();
      if (!(error instanceof DavitError || error instanceof SyntaxError)) throw error;
      this.#tell({ ...subject, outcome: "failed", reason: error.message });
      return false;
    }
  }

  #tell(result: SyncResult): void {
    this.#results.push(result);
    this.#options.onResult?.(result);
  }
}

function nameOf(location: Location): string | undefined {
  if (location.kind === "registry") return location.reference.digest ?? location.reference.tag;
  return "name" in location ? location.name : undefined;
}
