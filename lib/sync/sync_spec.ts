/** Which of some names are meant. */
export interface NameFilter {
  /** Regular expressions of which one has to be found in a name; all names unless said. */
  readonly match?: string | readonly string[];
  /** Regular expressions of which none may be found in a name. */
  readonly except?: string | readonly string[];
}

/** Which tags of a repository are meant: those that pass all that is said. */
export interface TagFilter extends NameFilter {
  /**
   * A range of versions, as of npm: `>=1.2 <3`, `^1.4 || ~2.1`. Tags that are no version do not
   * pass; one that leaves parts out has zeros there.
   */
  readonly semver?: string;
  /** Of the versions, only so many, the highest first. */
  readonly latest?: number;
}

/** What every entry may say. */
export interface SyncEntryOptions {
  /** Platforms of an index that are copied; all unless said. One alone means its image. */
  readonly platforms?: readonly string[];
  /** Whether what is about the images goes along: signatures, attestations. */
  readonly referrers?: boolean;
}

/** One image. */
export interface ImageEntry extends SyncEntryOptions {
  /** The image, in any place. */
  readonly image: string;
  /** Where it goes: any place. */
  readonly to: string;
}

/** The tags of a repository. */
export interface RepositoryEntry extends SyncEntryOptions {
  /** The repository. */
  readonly repository: string;
  /** The repository, or `oci:DIR`, that gets the tags. */
  readonly to: string;
  /** Which tags; all unless said. */
  readonly tags?: TagFilter;
  /** Whether the destination loses the tags that are not meant. */
  readonly delete?: boolean;
}

/** The repositories of a registry. */
export interface RegistryEntry extends SyncEntryOptions {
  /** The registry: `host[:port]`. */
  readonly registry: string;
  /** The registry, and the path in it if need be, that the repositories go below. */
  readonly to: string;
  /** Which repositories; all unless said. */
  readonly repositories?: NameFilter;
  /** Which tags of each; all unless said. */
  readonly tags?: TagFilter;
  /** Whether each destination loses the tags that are not meant. */
  readonly delete?: boolean;
}

/** One thing that is kept in step. */
export type SyncEntry = ImageEntry | RepositoryEntry | RegistryEntry;

/** What is kept in step with what: the content of a sync file. */
export interface SyncSpec {
  /** What entries say unless they say otherwise. */
  readonly defaults?: SyncEntryOptions & { readonly delete?: boolean };
  /** The entries: images several at once, repositories and registries one after another. */
  readonly sync: readonly SyncEntry[];
}
