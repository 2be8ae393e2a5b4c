import { DavitError, NotFoundError } from "../errors.ts";
import type { Blob, Image, Index, View } from "../image/image.ts";
import { membersOf, subjectOf } from "../image/index_member.ts";
import type { CallOptions } from "../layer/content_source.ts";
import type { Layer } from "../layer/layer.ts";
import { type Digest, digestBytes } from "../oci/digest.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import { formatPlatform } from "../oci/platform.ts";
import { parseManifest } from "../oci/manifest.ts";
import { Permits } from "../store/permits.ts";
import { untilAborted } from "../stream/until_aborted.ts";
import { verify } from "../stream/verify.ts";
import { drain } from "../layer/drain.ts";
import { checkConfig } from "./check_config.ts";
import { checkLayer, type LayerCheck } from "./check_layer.ts";
import { isThere } from "./is_there.ts";
import type { Fault, Problem, Validation } from "./validation.ts";

/** Options of {@linkcode validateView}. */
export interface ValidateOptions extends CallOptions {
  /** Looks whether the layers are there and reads none; `false` unless said. */
  readonly fast?: boolean;
  /** How many layers are read at once; 4 unless said. */
  readonly jobs?: number;
}

/**
 * Validates an image, or an index with all that it lists: digests, sizes, documents, media types,
 * platforms, and of every layer its compression, tar, paths and diff ID. Each layer is read once,
 * however many images have it, in one pass and flat memory.
 *
 * What is wrong is returned, not thrown: all problems, not only the first.
 *
 * @example
 * ```ts
 * import { emptyImage } from "@davit/davit/image";
 * import { validateView } from "@davit/davit/inspect";
 *
 * const { isValid, problems } = await validateView(emptyImage());
 * console.assert(isValid && problems.length === 0);
 * ```
 */
export async function validateView(
  view: View,
  options: ValidateOptions = {},
): Promise<Validation> {
  const run = new ValidationRun(options);
  const { digest } = await view.descriptor();
  const problems = await untilAborted(run.check(view, ""), options.signal);
  return { ...run.totals, digest, isValid: problems.every(isWarning), problems };
}

function isWarning({ severity }: Fault): boolean {
  return severity === "warning";
}

/** How many documents are read at once. */
const READS = 8;

class ValidationRun {
  readonly #options: ValidateOptions;
  readonly #permits: Permits;
  readonly #reads = new Permits(READS);
  readonly #layers = new Map<string, Promise<LayerCheck>>();
  readonly #views = new Map<View, Promise<readonly Problem[]>>();
  #images = 0;
  #bytes = 0;

  constructor(options: ValidateOptions) {
    this.#options = options;
    this.#permits = new Permits(options.jobs ?? 4);
  }

  get totals(): Pick<Validation, "images" | "layers" | "bytes"> {
    return { images: this.#images, layers: this.#layers.size, bytes: this.#bytes };
  }

  /** Checks a view, once however often it is listed. */
  check(view: View, where: string): Promise<readonly Problem[]> {
    const checking = this.#views.get(view) ?? this.#checkNew(view, where);
    this.#views.set(view, checking);
    return checking;
  }

  async #checkNew(view: View, where: string): Promise<readonly Problem[]> {
    const descriptor = await view.descriptor();
    const locate = (fault: Fault): Problem => ({ ...fault, digest: descriptor.digest, where });
    try {
      if (view.kind === "blob") return (await this.#checkBlob(view, descriptor)).map(locate);
      const faults = await this.#read(() => checkDocument(view, descriptor));
      if (faults.length > 0) return faults.map(locate);
      if (view.kind === "image") return await this.#checkImage(view, descriptor, where);
      return await this.#checkIndex(view, where);
    } catch (error) {
      this.#options.signal?.throwIfAborted();
      if (!(error instanceof DavitError)) throw error;
      return [locate(documentFault(error))];
    }
  }

  async #checkIndex(index: Index, where: string): Promise<readonly Problem[]> {
    const members = await membersOf(index);
    const digests = new Set<string>(members.map(({ descriptor }) => descriptor.digest));
    const found = await Promise.all(members.map(async (member, position) => {
      const { view, descriptor } = member;
      const { platform, digest } = descriptor;
      const name = platform === undefined
        ? `entry ${position + 1} of ${members.length}`
        : formatPlatform(platform);
      const place = where === "" ? name : `${where}, ${name}`;
      const problems = await this.check(view, place);
      const subject = subjectOf(member);
      if (subject === undefined || digests.has(subject)) return problems;
      const message = `it is about "${subject}", which the index does not list`;
      const orphan: Fault = { check: "attestation", severity: "warning", message };
      return [...problems, { ...orphan, digest, where: place }];
    }));
    return found.flat();
  }

  async #checkImage(
    image: Image,
    descriptor: Descriptor,
    where: string,
  ): Promise<readonly Problem[]> {
    this.#images++;
    const { signal } = this.#options;
    const [layers, manifest] = await this.#read(async () =>
      [await image.layers(), parseManifest(await image.manifest())] as const
    );
    const checkingConfig = this.#read(() => checkConfig(image, manifest, descriptor));
    const checkingLayers = layers.map(async (layer, position) => {
      const { diffIds } = await checkingConfig;
      const expected = diffIds?.[position];
      const { diffId, faults } = await this.#checkLayerOnce(layer, expected);
      const digest = await layer.digest();
      const place = `layer ${position + 1} of ${layers.length}`;
      const located = [...faults, ...compareDiffIds(diffId, expected)];
      return located.map((fault) => ({ ...fault, digest, where: join(where, place) }));
    });
    const { faults } = await checkingConfig;
    const ofConfig = faults.map((fault): Problem => ({
      ...fault,
      digest: manifest.config.digest,
      where: join(where, "config"),
    }));
    const ofLayers = await Promise.all(checkingLayers);
    signal?.throwIfAborted();
    return [...ofConfig, ...ofLayers.flat()];
  }

  #checkLayerOnce(layer: Layer, diffId: Digest | undefined): Promise<LayerCheck> {
    const { descriptor } = layer;
    const key = descriptor === undefined ? "" : `${descriptor.digest} ${layer.mediaType}`;
    const known = this.#layers.get(key);
    if (known !== undefined && key !== "") return known;
    const { fast = false, signal } = this.#options;
    const checking = this.#permits.run(
      () => fast ? isThere(layer, { signal }) : checkLayer(layer, { diffId, signal }),
      signal,
    );
    this.#layers.set(key === "" ? `single pass ${this.#layers.size}` : key, checking);
    this.#bytes += descriptor?.size ?? 0;
    return checking;
  }

  async #checkBlob(blob: Blob, descriptor: Descriptor): Promise<readonly Fault[]> {
    if (this.#options.fast === true) await (await blob.content()).cancel();
    else {
      await this.#permits.run(async () => await drain(verify(await blob.content(), descriptor)));
    }
    return [];
  }

  #read<T>(task: () => Promise<T>): Promise<T> {
    return this.#reads.run(task, this.#options.signal);
  }
}

/** Holds a manifest or index to its descriptor, whatever its place has looked at. */
async function checkDocument(
  view: Image | Index,
  { digest, size }: Descriptor,
): Promise<readonly Fault[]> {
  const bytes = await view.manifest();
  if (bytes.length !== size) {
    const message = `expected ${size} bytes, got ${bytes.length}`;
    return [{ check: "size", severity: "error", message }];
  }
  const actual = await digestBytes(bytes, digest.startsWith("sha512:") ? "sha512" : "sha256");
  if (actual === digest) return [];
  return [{ check: "digest", severity: "error", message: `expected "${digest}", got "${actual}"` }];
}

function compareDiffIds(
  actual: Digest | undefined,
  expected: Digest | undefined,
): readonly Fault[] {
  if (actual === undefined || expected === undefined || actual === expected) return [];
  const message = `expected diff ID "${expected}", as the config says, got "${actual}"`;
  return [{ check: "diff-id", severity: "error", message }];
}

function documentFault(error: DavitError): Fault {
  const check = error.code === "ERR_DIGEST_MISMATCH"
    ? "digest"
    : error.code === "ERR_SIZE_MISMATCH"
    ? "size"
    : error instanceof NotFoundError
    ? "missing"
    : error.code === "ERR_LIMIT_EXCEEDED"
    ? "limit"
    : error.code === "ERR_DOCUMENT" || error.code === "ERR_UNSUPPORTED"
    ? "document"
    : "read";
  return { check, severity: "error", message: error.message };
}

function join(where: string, place: string): string {
  return where === "" ? place : `${where}, ${place}`;
}
