import { Refusal } from "./refusal.ts";
import type { HostedRepository, Repositories } from "./repositories.ts";
import type { Sessions } from "./sessions.ts";

/** How much a registry keeps. What two repositories share counts in both. */
export interface QuotaOptions {
  /** In all repositories together, in bytes; unlimited unless said. */
  readonly totalBytes?: number;
  /** In each repository, in bytes; unlimited unless said. */
  readonly repositoryBytes?: number;
}

/** How much somebody may still send, asked again and again while he does. */
export type Room = () => number;

/** What other processes did to the content is seen after this time. */
const KNOWN_MS = 60_000;

interface Known {
  bytes: number;
  readonly since: number;
}

/** Keeps content within its limits: what is there, and what is on its way. */
export class Quota {
  readonly #options: QuotaOptions;
  readonly #repositories: Repositories;
  readonly #known = new Map<string, Known>();
  readonly #sessions: Sessions;

  /** @param kept What is there, and on its way. */
  constructor(
    options: QuotaOptions,
    kept: { readonly repositories: Repositories; readonly sessions: Sessions },
  ) {
    this.#options = options;
    this.#repositories = kept.repositories;
    this.#sessions = kept.sessions;
  }

  /** Finds out how much a repository may still take; uploads under way count as they grow. */
  async room({ name }: HostedRepository): Promise<Room> {
    const { totalBytes = Infinity, repositoryBytes = Infinity } = this.#options;
    const names = totalBytes === Infinity ? [name] : await this.#repositories.names();
    for (const known of new Set([name, ...names])) await this.#count(known);
    return () =>
      Math.min(
        repositoryBytes - this.#bytesOf(name),
        totalBytes - [...this.#known.keys()].reduce((sum, other) => sum + this.#bytesOf(other), 0),
      );
  }

  /**
   * Takes place for content.
   *
   * @throws {Refusal} When there is too little.
   */
  async require(repository: HostedRepository, bytes: number): Promise<void> {
    if ((await this.room(repository))() < bytes) throw this.exceeded(repository);
  }

  /** Notes that a repository has bytes more. */
  added({ name }: HostedRepository, bytes: number): void {
    const known = this.#known.get(name);
    if (known !== undefined) known.bytes += bytes;
  }

  /** Has everything counted anew: something was removed. */
  forget(): void {
    this.#known.clear();
  }

  /** The refusal of what is too much. */
  exceeded({ name }: HostedRepository): Refusal {
    const { totalBytes, repositoryBytes } = this.#options;
    const limits = [
      ...(repositoryBytes === undefined ? [] : [`${repositoryBytes} bytes a repository`]),
      ...(totalBytes === undefined ? [] : [`${totalBytes} bytes in all`]),
    ];
    return new Refusal(413, "DENIED", `the quota is used up: ${limits.join(", ")}`, {
      detail: { repository: name, ...this.#options },
    });
  }

  #bytesOf(name: string): number {
    return (this.#known.get(name)?.bytes ?? 0) + this.#sessions.bytesIn(name);
  }

  async #count(name: string): Promise<void> {
    const known = this.#known.get(name);
    if (known !== undefined && Date.now() - known.since < KNOWN_MS) return;
    const repository = await this.#repositories.find(name);
    let bytes = 0;
    if (repository !== undefined) {
      for await (const { size } of repository.blobs.list()) bytes += size;
    }
    this.#known.set(name, { bytes, since: Date.now() });
  }
}
