import type { Descriptor } from "../oci/descriptor.ts";
import { lookOn } from "../stream/look_on.ts";
import { untilAborted } from "../stream/until_aborted.ts";
import type { Content } from "./content.ts";
import type { OnCopyEvent, Outcome } from "./events.ts";
import type { Permits } from "./permits.ts";
import type { Destination, Mounter } from "./store.ts";

/** What a run of `copy` gives its transfers. */
export interface TransferOptions {
  /** Ends every transfer. */
  readonly signal: AbortSignal;
  /** Hears what happens. */
  readonly onEvent: OnCopyEvent | undefined;
}

/**
 * The transfers of one copy into one place: each content goes once, however often it is asked for,
 * and only if it is not there already.
 */
export class Transfers {
  readonly #destination: Destination;
  readonly #permits: Permits;
  readonly #signal: AbortSignal;
  readonly #onEvent: OnCopyEvent | undefined;
  readonly #underWay = new Set<Promise<unknown>>();
  readonly #byDigest = new Map<string, Promise<Descriptor>>();
  #count = 0;

  /** @param permits The ceiling on all that is done at once, reading documents included. */
  constructor(destination: Destination, permits: Permits, options: TransferOptions) {
    this.#destination = destination;
    this.#permits = permits;
    this.#signal = options.signal;
    this.#onEvent = options.onEvent;
  }

  /** Brings content to the destination; with `names`, publishes it there as a root. */
  send(content: Content, names?: readonly string[]): Promise<Descriptor> {
    const digest = content.descriptor?.digest;
    const known = digest === undefined ? undefined : this.#byDigest.get(digest);
    if (known !== undefined && names === undefined) return known;
    const sending = this.#permits.run(() => this.#send(content, names), this.#signal);
    if (digest !== undefined) this.#byDigest.set(digest, sending);
    this.#underWay.add(sending);
    const done = () => this.#underWay.delete(sending);
    sending.then(done, done);
    return sending;
  }

  /** Reads a document at the source, within the ceiling; lets go of it at the signal. */
  read<T>(task: () => Promise<T>): Promise<T> {
    return untilAborted(this.#permits.run(task, this.#signal), this.#signal);
  }

  /** Says whether the destination has the content, within the ceiling. */
  isThere(descriptor: Descriptor): Promise<boolean> {
    return this.#permits.run(
      () => this.#destination.has(descriptor, { signal: this.#signal }),
      this.#signal,
    );
  }

  /** Says whether the destination has the content, and if so notes that it need not go. */
  async find(descriptor: Descriptor): Promise<boolean> {
    const isThere = await this.isThere(descriptor);
    if (isThere) {
      this.#onEvent?.({ kind: "done", id: this.#count++, outcome: "exists", descriptor });
    }
    return isThere;
  }

  /** Tells of content that need not be brought. */
  note(outcome: Outcome, descriptor: Descriptor): void {
    this.#onEvent?.({ kind: "done", id: this.#count++, outcome, descriptor });
  }

  /** Waits until nothing is under way any more, however it ended. */
  async settle(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.allSettled(this.#underWay);
  }

  async #send(content: Content, names: readonly string[] | undefined): Promise<Descriptor> {
    const id = this.#count++;
    const signal = this.#signal;
    const { descriptor } = content;
    if (descriptor !== undefined && names === undefined) {
      if (await this.#destination.has(descriptor, { signal })) {
        this.#onEvent?.({ kind: "done", id, outcome: "exists", descriptor });
        return descriptor;
      }
      if (await this.#mount(content, descriptor)) {
        this.#onEvent?.({ kind: "done", id, outcome: "mounted", descriptor });
        return descriptor;
      }
    }
    this.#onEvent?.({
      kind: "start",
      id,
      mediaType: content.mediaType,
      ...(descriptor === undefined ? {} : { size: descriptor.size }),
    });
    const written = await this.#destination.write(
      this.#watch(content, id),
      names === undefined ? { signal } : { signal, names },
    );
    this.#onEvent?.({ kind: "done", id, outcome: "sent", descriptor: written });
    return written;
  }

  async #mount(content: Content, descriptor: Descriptor): Promise<boolean> {
    const { origin } = content;
    if (origin === undefined || !isMounter(this.#destination)) return false;
    return await this.#destination.mount(descriptor, origin, { signal: this.#signal });
  }

  #watch(content: Content, id: number): Content {
    const onEvent = this.#onEvent;
    if (onEvent === undefined) return content;
    const { mediaType, descriptor, replayable = false, origin, openFrom } = content;
    const onBytes = (bytes: number) => onEvent({ kind: "progress", id, bytes });
    return {
      mediaType,
      descriptor,
      replayable,
      ...(origin === undefined ? {} : { origin }),
      open: async () => count(await content.open(), 0, onBytes),
      ...(openFrom === undefined ? {} : {
        openFrom: async (offset) => {
          onEvent({ kind: "resume", id, offset });
          return count(await openFrom(offset), offset, onBytes);
        },
      }),
      sealed: () => content.sealed(),
    };
  }
}

function isMounter(place: object): place is Mounter {
  return "mount" in place && typeof place.mount === "function";
}

function count(
  source: ReadableStream<Uint8Array>,
  before: number,
  onBytes: (total: number) => void,
): ReadableStream<Uint8Array> {
  let total = before;
  return lookOn(source, { see: ({ length }) => onBytes(total += length) });
}
