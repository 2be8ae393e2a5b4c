import { CompressionError } from "../errors.ts";
import type { EncodeJob } from "./encode_block.ts";
import { startEncoderWorker, type WorkerAnswer } from "./encoder_worker.ts";
import { type EncodedBlock, type Encoder, mainEncoder } from "./main_encoder.ts";

/** Jobs given to one worker at a time: one that runs, and one that waits at its door. */
const JOBS_PER_WORKER = 2;

/** Workers without work end after this, so that a stream somebody forgot lets the process exit. */
const IDLE_MILLISECONDS = 2000;

/** A job that somebody waits for. */
interface Task {
  readonly job: EncodeJob;
  readonly resolve: (encoded: EncodedBlock | Promise<EncodedBlock>) => void;
  readonly reject: (error: unknown) => void;
}

/** A worker and the tasks it has, oldest first. It answers in that order. */
interface Slot {
  readonly worker: Worker;
  readonly tasks: Task[];
  ready: boolean;
}

/**
 * Workers shared by all who compress at one time. They start when there is work for them and end
 * with the last lease; where none can start, this thread does the work.
 */
class EncoderPool {
  readonly #slots = new Set<Slot>();
  readonly #waiting: Task[] = [];
  #leases = 0;
  #most = 0;
  #barred = false;
  #idle: ReturnType<typeof setTimeout> | undefined;

  /** Takes part in the pool until disposed, and lets it grow to `workers`. */
  lease(workers: number): Encoder {
    this.#leases++;
    this.#most = Math.max(this.#most, workers);
    let held = true;
    return {
      encode: (job) => this.#submit(job),
      [Symbol.dispose]: () => {
        if (held) this.#release();
        held = false;
      },
    };
  }

  /** Starts up to `workers` before there is work for them; they end when none comes. */
  prepare(workers: number): void {
    this.#most = Math.max(this.#most, workers);
    while (this.#slots.size < workers && !this.#barred) this.#start();
    this.#rest();
  }

  #submit(job: EncodeJob): Promise<EncodedBlock> {
    const { promise, resolve, reject } = Promise.withResolvers<EncodedBlock>();
    clearTimeout(this.#idle);
    this.#waiting.push({ job, resolve, reject });
    this.#dispatch();
    return promise;
  }

  #dispatch(): void {
    for (let slot = this.#idlest(); slot !== undefined; slot = this.#idlest()) {
      const task = this.#waiting.shift();
      if (task === undefined) break;
      slot.tasks.push(task);
      slot.worker.postMessage(task.job, [task.job.buffer]);
    }
    const starting = this.#slots.values().filter((slot) => !slot.ready).toArray().length;
    if (this.#waiting.length > starting && this.#slots.size < this.#most) this.#start();
    if (this.#slots.size === 0) this.#workHere();
  }

  #idlest(): Slot | undefined {
    let idlest: Slot | undefined;
    for (const slot of this.#slots) {
      if (!slot.ready || slot.tasks.length >= JOBS_PER_WORKER) continue;
      if (idlest === undefined || slot.tasks.length < idlest.tasks.length) idlest = slot;
    }
    return idlest;
  }

  #start(): void {
    if (this.#barred) return;
    try {
      const slot: Slot = { worker: startEncoderWorker(), tasks: [], ready: false };
      slot.worker.onmessage = ({ data }: MessageEvent<WorkerAnswer>) => this.#hear(slot, data);
      slot.worker.onerror = (event) => {
        event.preventDefault();
        this.#lose(slot, event.error ?? event.message);
      };
      this.#slots.add(slot);
    } catch {
      this.#barred = true;
    }
  }

  #hear(slot: Slot, answer: WorkerAnswer): void {
    if (!this.#slots.has(slot)) return;
    if (answer.kind === "ready") slot.ready = true;
    else if (answer.kind === "encoded") slot.tasks.shift()?.resolve(answer);
    else slot.tasks.shift()?.reject(answer.error);
    this.#dispatch();
    this.#rest();
  }

  #lose(slot: Slot, cause: unknown): void {
    if (!this.#slots.delete(slot)) return;
    this.#barred = true;
    slot.worker.terminate();
    const error = new CompressionError("Cannot compress: a worker of the pool failed", { cause });
    for (const task of slot.tasks) task.reject(error);
    this.#dispatch();
  }

  #workHere(): void {
    for (const { job, resolve } of this.#waiting.splice(0)) resolve(mainEncoder.encode(job));
  }

  #rest(): void {
    clearTimeout(this.#idle);
    const isIdle = this.#slots.values().every(({ tasks }) => tasks.length === 0);
    if (this.#slots.size === 0 || !isIdle) return;
    this.#idle = setTimeout(() => this.#endWorkers(), IDLE_MILLISECONDS);
  }

  #release(): void {
    if (--this.#leases > 0) return;
    this.#endWorkers();
    this.#waiting.length = 0;
    this.#most = 0;
    this.#barred = false;
  }

  #endWorkers(): void {
    clearTimeout(this.#idle);
    for (const { worker } of this.#slots) worker.terminate();
    this.#slots.clear();
  }
}

/** The pool of this process. It holds nothing while nobody compresses. */
export const encoderPool: EncoderPool = new EncoderPool();
