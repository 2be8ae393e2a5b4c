import type { Image } from "../image/image.ts";
import type { CallOptions } from "../layer/content_source.ts";
import type { Layer } from "../layer/layer.ts";
import { parseConfig } from "../oci/config.ts";
import type { Digest } from "../oci/digest.ts";
import { parseManifest } from "../oci/manifest.ts";
import { compressionOf, isImageConfigType } from "../oci/media_type.ts";
import { present } from "../oci/present.ts";
import { Permits } from "../store/permits.ts";
import { align } from "./align.ts";
import { diffDocuments, type FieldChange } from "./diff_documents.ts";
import { diffFiles, type FileAspect } from "./diff_files.ts";
import { diffForms, diffTars, type LayerDifference } from "./diff_layers.ts";
import { FileTree } from "./file_tree.ts";
import type { DiffLayer, DiffSide, ImageDiff, LayerChange } from "./image_diff.ts";
import { readCompressedForm, type SurveyedLayer, surveyLayer } from "./surveyed_layer.ts";

/** Options of {@linkcode diffImages}. */
export interface DiffOptions extends CallOptions {
  /** Compares what the documents say, and reads no layer; `false` unless said. */
  readonly fast?: boolean;
  /** What may differ of files. */
  readonly ignore?: readonly FileAspect[];
}

/**
 * Compares two images: layers, config, manifest and merged files, and says why their digests differ.
 * Each layer is read once, and one that both have once for both.
 *
 * @throws {DocumentError} When a layer is no tar.
 * @example
 * ```ts
 * import { configureImage, emptyImage } from "@davit/davit/image";
 * import { diffImages } from "@davit/davit/inspect";
 *
 * const before = emptyImage();
 * const after = configureImage(before, { env: { PORT: "8080" } });
 * const { config, reasons } = await diffImages(before, after);
 * console.assert(config[0]?.field === "config.Env.PORT" && reasons.length === 1);
 * ```
 */
export async function diffImages(
  a: Image,
  b: Image,
  options: DiffOptions = {},
): Promise<ImageDiff> {
  const { fast = false, ignore = [], signal } = options;
  const [one, other] = await Promise.all([openSide(a), openSide(b)]);
  const isSame = one.digest === other.digest;
  const surveys = new Surveys(signal);
  const [surveyedA, surveyedB] = isSame || fast
    ? [undefined, undefined]
    : await Promise.all([surveys.ofAll(one), surveys.ofAll(other)]);
  const layers = await Promise.all(
    align(one.layers, other.layers, ({ described }) => described.diffId ?? described.digest)
      .map((pair) => compareLayers(pair, surveyedA === undefined ? undefined : surveys)),
  );
  const manifest = diffDocuments(one.manifest, other.manifest, isToldByLayers);
  const config = one.config === undefined || other.config === undefined
    ? []
    : diffDocuments(one.config, other.config, (field) => field.startsWith("rootfs."));
  const files = surveyedA === undefined || surveyedB === undefined
    ? undefined
    : diffFiles(surveyedA, surveyedB, new Set(ignore));
  return present({
    a: sideOf(one, surveyedA),
    b: sideOf(other, surveyedB),
    isSame,
    reasons: isSame ? [] : [
      ...layers.flatMap(reasonsOf),
      ...config.map(({ field }) => `config: ${field}`),
      ...manifest.map(({ field }) => `manifest: ${field}`),
      ...formReasons(one, other, { config, manifest }),
    ],
    manifest,
    config,
    layers,
    files,
  });
}

interface OpenedLayer {
  readonly layer: Layer;
  readonly described: DiffLayer;
}

interface Side {
  readonly digest: Digest;
  readonly manifest: Uint8Array;
  /** The config, of an image that is no artifact. */
  readonly config: Uint8Array | undefined;
  readonly layers: readonly OpenedLayer[];
}

async function openSide(image: Image): Promise<Side> {
  const { digest } = await image.descriptor();
  const manifest = await image.manifest();
  const parsed = parseManifest(manifest);
  const bytes = isImageConfigType(parsed.config.mediaType) ? await image.config() : undefined;
  const config = bytes === undefined ? undefined : parseConfig(bytes);
  const steps = config?.history?.filter((step) => step.empty_layer !== true) ?? [];
  const layers = (await image.layers()).map((layer, index): OpenedLayer | undefined => {
    const descriptor = parsed.layers[index];
    if (descriptor === undefined) return undefined;
    const { mediaType, size } = descriptor;
    return {
      layer,
      described: present({
        position: index + 1,
        digest: descriptor.digest,
        diffId: config?.rootfs.diff_ids[index],
        mediaType,
        size,
        createdBy: steps[index]?.created_by,
      }),
    };
  });
  return {
    digest,
    manifest,
    config: bytes,
    layers: layers.filter((layer) => layer !== undefined),
  };
}

/** How many layers are read at once. */
const JOBS = 4;

/** The layers that were read, each once. */
class Surveys {
  readonly #signal: AbortSignal | undefined;
  readonly #permits = new Permits(JOBS);
  readonly #known = new Map<string, Promise<SurveyedLayer>>();

  constructor(signal: AbortSignal | undefined) {
    this.#signal = signal;
  }

  /** The layers of one side that are tars. */
  ofAll({ layers }: Side): Promise<readonly SurveyedLayer[]> {
    const tars = layers.filter(({ described }) => isTar(described));
    return Promise.all(tars.map((layer) => this.of(layer)));
  }

  of({ layer, described }: OpenedLayer): Promise<SurveyedLayer> {
    const key = described.diffId ?? described.digest;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const survey = this.#permits.run(
      () => surveyLayer(layer, { signal: this.#signal }),
      this.#signal,
    );
    this.#known.set(key, survey);
    return survey;
  }
}

async function compareLayers(
  { a, b }: { readonly a?: OpenedLayer; readonly b?: OpenedLayer },
  surveys: Surveys | undefined,
): Promise<LayerChange> {
  const described = present({ a: a?.described, b: b?.described });
  if (a === undefined) return { kind: "added", ...described, differences: [] };
  if (b === undefined) return { kind: "removed", ...described, differences: [] };
  const [one, other] = [a.described, b.described];
  if (one.digest === other.digest) return { kind: "same", ...described, differences: [] };
  const isSameTar = one.diffId !== undefined && one.diffId === other.diffId;
  const kind = isSameTar ? "recompressed" : "changed";
  if (surveys === undefined || !isTar(one) || !isTar(other)) {
    return { kind, ...described, differences: [] };
  }
  if (isSameTar) {
    const forms = await Promise.all([readCompressedForm(a.layer), readCompressedForm(b.layer)]);
    return { kind, ...described, differences: [diffForms(...forms)] };
  }
  const differences = diffTars(await surveys.of(a), await surveys.of(b));
  return { kind, ...described, differences };
}

function isTar({ mediaType }: DiffLayer): boolean {
  return compressionOf(mediaType) !== undefined;
}

/** Digests and sizes of a manifest follow from what they stand for. */
function isToldByLayers(field: string): boolean {
  return /^config\.(digest|size|data)$|^layers\.\d+\.(digest|size|data|mediaType)$/.test(field);
}

function reasonsOf({ kind, a, b, differences }: LayerChange): readonly string[] {
  const position = b?.position ?? a?.position;
  switch (kind) {
    case "same":
      return a?.mediaType === b?.mediaType
        ? []
        : [`layer ${position}: media type "${a?.mediaType}" in A, "${b?.mediaType}" in B`];
    case "added":
      return [`layer ${position}: only in B`];
    case "removed":
      return [`layer ${position} of A: not in B`];
    default: {
      const why = differences.map(({ text }: LayerDifference) => text);
      return (why.length === 0 ? [kind] : why).map((text) => `layer ${position}: ${text}`);
    }
  }
}

/** What is left when the values are the same: the way in which they are written. */
function* formReasons(
  a: Side,
  b: Side,
  { config, manifest }: {
    readonly config: readonly FieldChange[];
    readonly manifest: readonly FieldChange[];
  },
): Generator<string> {
  if (a.config !== undefined && b.config !== undefined && config.length === 0) {
    const diffIds = (side: Side) => side.layers.map(({ described }) => described.diffId).join();
    if (diffIds(a) === diffIds(b) && !isEqual(a.config, b.config)) {
      yield "config: the same values, written otherwise (order of members, white space)";
    }
  }
  const digests = (side: Side) => side.layers.map(({ described }) => described.digest).join();
  const isSameConfig = a.config !== undefined && b.config !== undefined &&
    isEqual(a.config, b.config);
  if (manifest.length === 0 && isSameConfig && digests(a) === digests(b)) {
    yield "manifest: the same values, written otherwise (order of members, white space)";
  }
}

function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}

function sideOf(side: Side, surveyed: readonly SurveyedLayer[] | undefined): DiffSide {
  const { digest, layers } = side;
  return present({
    digest,
    layers: layers.length,
    bytes: layers.reduce((sum, { described }) => sum + described.size, 0),
    contentBytes: surveyed === undefined ? undefined : contentBytesOf(surveyed),
  });
}

function contentBytesOf(surveyed: readonly SurveyedLayer[]): number {
  const tree = new FileTree(surveyed);
  const counted = new Set<string>();
  let bytes = 0;
  for (const file of tree.below({ path: "/" })) {
    const place = tree.placeOf(file);
    const key = `${place?.layer}/${place?.ordinal}`;
    if (!counted.has(key)) bytes += file.size;
    counted.add(key);
  }
  return bytes;
}
