import {
  CompressionError,
  DavitError,
  DigestMismatchError,
  DocumentError,
  LimitExceededError,
  NotFoundError,
  SizeMismatchError,
  TarError,
} from "../errors.ts";
import type { Layer } from "../layer/layer.ts";
import { drain } from "../layer/drain.ts";
import { algorithmOf, type Digest } from "../oci/digest.ts";
import { type Compression, compressionOf, isNondistributable } from "../oci/media_type.ts";
import { abortable } from "../stream/abortable.ts";
import { decompress } from "../stream/decompress.ts";
import { detect } from "../stream/detect.ts";
import { openHasher } from "../stream/hash.ts";
import { verify } from "../stream/verify.ts";
import { TarReader } from "../tar/reader.ts";
import { EntryPaths } from "./entry_paths.ts";
import type { Check, Fault } from "./validation.ts";

/** What one pass over a layer found. */
export interface LayerCheck {
  /** The digest of the tar that came, when the layer could be read to its end. */
  readonly diffId?: Digest;
  /** What is wrong with the layer by itself. */
  readonly faults: readonly Fault[];
}

/** Options of {@linkcode checkLayer}. */
export interface CheckLayerOptions {
  /** The diff ID that is promised, for its algorithm. */
  readonly diffId?: Digest | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Reads a layer once: digest, size, compression, tar, paths and diff ID, all in the same pass. */
export async function checkLayer(
  layer: Layer,
  options: CheckLayerOptions = {},
): Promise<LayerCheck> {
  const faults: Fault[] = [];
  try {
    const diffId = await readThrough(layer, faults, options);
    return { diffId, faults };
  } catch (error) {
    options.signal?.throwIfAborted();
    if (!(error instanceof DavitError)) throw error;
    return { faults: [...faults, await explain(layer, error, options)] };
  }
}

async function readThrough(
  layer: Layer,
  faults: Fault[],
  { diffId, signal }: CheckLayerOptions,
): Promise<Digest> {
  const promised = compressionOf(layer.mediaType);
  const { compression, stream } = await detect(openVerified(layer, signal));
  if (promised !== undefined && compression !== promised) {
    faults.push(fault("compression", `expected ${nameOf(promised)}, got ${nameOf(compression)}`));
  }
  const hasher = await openHasher(diffId === undefined ? "sha256" : algorithmOf(diffId));
  const tar = promised === undefined ? undefined : new TarCheck(faults);
  for await (const bytes of decompress(stream, { compression })) {
    hasher.update(bytes);
    tar?.push(bytes);
  }
  tar?.finish();
  return hasher.digest();
}

function openVerified(
  layer: Layer,
  signal: AbortSignal | undefined,
): ReadableStream<Uint8Array> {
  const bytes = abortable(layer.compressed(), signal);
  return layer.descriptor === undefined ? bytes : verify(bytes, layer.descriptor);
}

/** Says what is wrong; of bytes that do not decode, whether they are even the right ones. */
async function explain(
  layer: Layer,
  error: DavitError,
  { signal }: CheckLayerOptions,
): Promise<Fault> {
  if (!(error instanceof CompressionError)) return faultOf(layer, error);
  try {
    await drain(openVerified(layer, signal));
    return fault("compression", error.message);
  } catch (deeper) {
    signal?.throwIfAborted();
    return deeper instanceof DavitError ? faultOf(layer, deeper) : faultOf(layer, error);
  }
}

function faultOf(layer: Layer, error: DavitError): Fault {
  const { message } = error;
  if (error instanceof DigestMismatchError) return fault("digest", message);
  if (error instanceof SizeMismatchError) return fault("size", message);
  if (error instanceof LimitExceededError) return fault("limit", message);
  const isElsewhere = isNondistributable(layer.mediaType) &&
    layer.descriptor?.urls !== undefined;
  if (!isElsewhere) return fault(error instanceof NotFoundError ? "missing" : "read", message);
  const why = `it is left where its URLs say, and was not read: ${message}`;
  return { check: "elsewhere", severity: "warning", message: why };
}

/** Checks that bytes are a tar; from the first damage on they are not looked at. */
class TarCheck {
  readonly #faults: Fault[];
  readonly #paths = new EntryPaths();
  #reader: TarReader | undefined = new TarReader();

  constructor(faults: Fault[]) {
    this.#faults = faults;
  }

  push(bytes: Uint8Array): void {
    this.#guard((reader) => {
      for (const event of reader.push(bytes)) {
        if (event.kind === "entry") this.#enter(event.header.name);
      }
    });
  }

  finish(): void {
    this.#guard((reader) => reader.finish());
    const { duplicates } = this.#paths;
    if (duplicates.length === 0) return;
    const shown = duplicates.slice(0, 3).map((path) => JSON.stringify(path)).join(", ");
    const more = duplicates.length > 3 ? ` and ${duplicates.length - 3} more` : "";
    this.#faults.push(
      fault("duplicate-path", `expected each path once, got ${shown}${more} again`),
    );
  }

  #enter(name: string): void {
    if (this.#paths.add(name)) return;
    throw new DocumentError(
      `Cannot unpack ${JSON.stringify(name.slice(0, 150))}: expected a path without ".."`,
    );
  }

  #guard(read: (reader: TarReader) => void): void {
    if (this.#reader === undefined) return;
    try {
      read(this.#reader);
    } catch (error) {
      if (!(error instanceof TarError || error instanceof DocumentError)) throw error;
      this.#reader = undefined;
      this.#faults.push(fault("tar", error.message));
    }
  }
}

function fault(check: Check, message: string): Fault {
  return { check, severity: "error", message };
}

function nameOf(compression: Compression): string {
  return compression === "none" ? "no compression" : compression;
}
