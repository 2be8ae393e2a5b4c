import type { Algorithm } from "../oci/digest.ts";
import { Refusal } from "./refusal.ts";
import type { HostedRepository } from "./repositories.ts";
import { UploadSession } from "./upload_session.ts";

const IDLE_MS = 60 * 60 * 1000;

/** The uploads under way in this process, with their hashes. An idle one is dropped after an hour. */
export class Sessions {
  readonly #open = new Map<string, UploadSession>();

  /** How many there are. */
  get size(): number {
    return this.#open.size;
  }

  /** How many bytes have arrived in those of a repository. */
  bytesIn(name: string): number {
    let bytes = 0;
    for (const [key, { size }] of this.#open) if (key.startsWith(`${name} `)) bytes += size;
    return bytes;
  }

  /** Begins an upload. */
  async begin(
    repository: HostedRepository,
    algorithm: Algorithm = "sha256",
  ): Promise<UploadSession> {
    await this.dropIdle();
    const session = await UploadSession.begin(await repository.uploads.begin(), algorithm);
    this.#open.set(keyOf(repository, session.id), session);
    return session;
  }

  /**
   * Finds an upload, also one that an earlier process began.
   *
   * @throws {Refusal} When the repository has none of that id.
   */
  async find(repository: HostedRepository, id: string): Promise<UploadSession> {
    const known = this.#open.get(keyOf(repository, id));
    if (known !== undefined && !known.isOver) return known;
    const upload = await repository.uploads.find(id);
    if (upload === undefined) {
      throw new Refusal(404, "BLOB_UPLOAD_UNKNOWN", "no such upload: begin a new one", {
        detail: { id },
      });
    }
    const resumed = await UploadSession.resume(upload);
    const key = keyOf(repository, id);
    const session = this.#open.get(key) ?? resumed;
    this.#open.set(key, session);
    return session;
  }

  /** Forgets an upload if it is over. */
  release(repository: HostedRepository, session: UploadSession): void {
    if (session.isOver) this.#open.delete(keyOf(repository, session.id));
  }

  /** Gives up those that nobody has used for an hour. */
  async dropIdle(): Promise<void> {
    for (const [key, session] of this.#open) {
      if (session.isBusy || Date.now() - session.usedAt < IDLE_MS) continue;
      this.#open.delete(key);
      await session.cancel();
    }
  }
}

function keyOf({ name }: HostedRepository, id: string): string {
  return `${name} ${id}`;
}
