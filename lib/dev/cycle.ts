import type { CallOptions } from "../layer/content_source.ts";
import { parseConfig } from "../oci/config.ts";
import { present } from "../oci/present.ts";
import { importImages } from "../k3s/import_images.ts";
import { removeImages } from "../k3s/remove_images.ts";
import { applyObjects } from "../kubernetes/apply.ts";
import type { KubernetesObject, Pod } from "../kubernetes/object.ts";
import { awaitRollout } from "../kubernetes/rollout.ts";
import {
  describeWorkload,
  findWorkloads,
  setImage,
  toWorkload,
  usedContainers,
  type Workload,
  workloadPath,
} from "../kubernetes/workload.ts";
import { type Digest, isDigest } from "../oci/digest.ts";
import { settle } from "../k3s/settle.ts";
import { buildImage, type BuiltImage, isOf } from "./built_image.ts";
import { defaultDeployment } from "./default_deployment.ts";
import type { DevCluster } from "./dev_cluster.ts";
import type { DevEvent } from "./event.ts";
import type { ImageSource } from "./image_source.ts";
import { fillIn, type ManifestObject } from "./manifests.ts";

/** What is run, and where. */
export interface RunTarget {
  /** The cluster. */
  readonly cluster: DevCluster;
  /** Where the images come from. */
  readonly sources: readonly ImageSource[];
}

/** What all that runs images leaves to the caller. */
export interface RunOptions extends CallOptions {
  /**
   * Where objects go that do not say, `default` unless said; and where workloads are looked for that
   * use the images, everywhere unless said.
   */
  readonly namespace?: string;
  /** How long a rollout may take, in milliseconds; a minute unless said. */
  readonly timeout?: number;
  /** Whether to tell what the containers write; `true` unless said. */
  readonly follow?: boolean;
}

/** What a cycle works on. */
export interface CycleInputs extends RunTarget, Pick<RunOptions, "namespace" | "timeout"> {
  /** What is to be applied; nothing when absent. */
  readonly manifests?: readonly ManifestObject[];
  /** What earlier cycles came to. */
  readonly progress: CycleProgress;
  /** Hears what happens. */
  readonly emit: (event: DevEvent) => void;
  /** Hears which workloads use the images, before they are ready. */
  readonly onWorkloads?: (workloads: readonly Workload[]) => void;
}

/** What cycles come to, for those after them. */
export class CycleProgress {
  /** The images that the nodes have. */
  readonly imported: Set<string> = new Set();
  /** The images that are ready. */
  ready: readonly string[] = [];
  /** The workloads that use them. */
  workloads: readonly Workload[] = [];
  /** The digests of images that were removed, or may be: those on their way included. */
  readonly removed: Set<Digest> = new Set();

  /** Notes that an image is removed. */
  remove(name: string): void {
    this.imported.delete(name);
    const digest = digestOf(name);
    if (digest !== undefined) this.removed.add(digest);
  }
}

/**
 * Goes once from files to pods: builds the images, brings them to the nodes, applies what is to be
 * applied, gives the images to the workloads that use them, and waits until these are ready.
 */
export async function runCycle(inputs: CycleInputs, options: CallOptions = {}): Promise<void> {
  const { cluster, emit, progress } = inputs;
  const clock = startClock();
  const images = await settle(
    inputs.sources.map((source) => buildImage(source, cluster.platform, options)),
  );
  for (const image of images) emit(builtEvent(image));
  const build = clock();
  const names = images.map(({ name }) => name);
  if (inputs.manifests === undefined && names.every((name) => progress.ready.includes(name))) {
    return emit({ kind: "unchanged" });
  }
  progress.ready = [];
  const missing = images.filter(({ name }) => !progress.imported.has(name));
  if (missing.length > 0) await bring(missing, inputs, options);
  const importing = clock();
  const applied = await apply(images, inputs, options);
  const using = await roll(images, inputs, options);
  inputs.onWorkloads?.(using);
  const rollout = clock();
  const awaited = distinct([...applied, ...using]);
  await settle(
    awaited.map((workload) =>
      awaitRollout(cluster.api, workload, { ...options, ...present({ timeout: inputs.timeout }) })
    ),
  );
  const ready = clock();
  const total = build + importing + rollout + ready;
  emit({
    kind: "ready",
    workloads: awaited.map(describeWorkload),
    times: { build, import: importing, rollout, ready, total },
  });
  progress.ready = names;
  progress.workloads = awaited;
  await removeOld(images, inputs, options);
}

/** Brings images to every node. */
async function bring(
  images: readonly BuiltImage[],
  { cluster: { name, engine }, progress, emit }: CycleInputs,
  options: CallOptions,
): Promise<void> {
  const named = images.map(({ image, name }) => ({ view: image, names: [name] }));
  // an import that is interrupted takes its names away again, and containerd may leave the ID
  for (const { digest } of images) progress.removed.add(digest);
  const nodes = await importImages(name, named, { ...engine, ...options });
  for (const { name } of images) progress.imported.add(name);
  emit({ kind: "imported", nodes: nodes.map(({ node, sent }) => ({ node, sent })) });
}

/** Applies the manifests, with the images in their places. */
async function apply(
  images: readonly BuiltImage[],
  { cluster: { api }, manifests, namespace, emit }: CycleInputs,
  options: CallOptions,
): Promise<readonly Workload[]> {
  if (manifests === undefined) return [];
  const objects = manifests.length > 0
    ? fillIn(manifests, {
      ofBuild: (path) => images.find(({ source }) => source.label === path)?.name ?? path,
      ofImage: (name) => images.find(({ source }) => isOf(source.repository)(name))?.name ?? name,
    })
    : await settle(images.map(defaultObject));
  const applied = await applyObjects(api, objects, { ...options, ...present({ namespace }) });
  emit({ kind: "applied", objects: applied.map(describeObject) });
  return applied.flatMap((object) => toWorkload(object) ?? []);
}

async function defaultObject({ image, name, source }: BuiltImage): Promise<KubernetesObject> {
  const { config } = parseConfig(await image.config());
  return defaultDeployment(source.repository, name, Object.keys(config?.ExposedPorts ?? {}));
}

/** Gives the images to the workloads that use another one of their repositories. */
async function roll(
  images: readonly BuiltImage[],
  { cluster: { api }, namespace, emit }: CycleInputs,
  options: CallOptions,
): Promise<readonly Workload[]> {
  const where = { ...options, ...present({ namespace }) };
  let using = await findWorkloads(
    api,
    (name) => images.some(({ source }) => isOf(source.repository)(name)),
    where,
  );
  const rolled = new Set<string>();
  for (const { source, name } of images) {
    const uses = isOf(source.repository);
    using = await settle(using.map(async (workload) => {
      const isOld = usedContainers(workload, uses).some(({ image }) => image !== name);
      if (!isOld) return workload;
      rolled.add(describeWorkload(workload));
      return await setImage(api, workload, { uses, image: name }, options);
    }));
  }
  if (rolled.size > 0) emit({ kind: "rolling", workloads: [...rolled] });
  return using;
}

/** Removes the images of earlier cycles that no pod uses any more. */
async function removeOld(
  images: readonly BuiltImage[],
  { cluster: { name, api, engine }, progress, emit }: CycleInputs,
  options: CallOptions,
): Promise<void> {
  const { items } = await api.get<{ items: readonly Pod[] }>("/api/v1/pods", options);
  const used = items
    .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
    .flatMap(({ spec }) => [...spec.initContainers ?? [], ...spec.containers])
    .flatMap(({ image = "" }) => digestOf(image) ?? []);
  const removed: string[] = [];
  for (const { source: { repository }, digest } of images) {
    const keep = [digest, ...used];
    for (const image of [...progress.imported].filter(isOf(repository))) {
      const imported = digestOf(image);
      // noted before: a removal that is interrupted has removed some
      if (imported !== undefined && !keep.includes(imported)) progress.remove(image);
    }
    const which = { repository, keep, gone: progress.removed };
    removed.push(...await removeImages(name, which, { ...engine, ...options }));
  }
  for (const image of removed) progress.remove(image);
  if (removed.length > 0) emit({ kind: "removed", images: removed });
}

function digestOf(name: string): Digest | undefined {
  const digest = name.slice(name.lastIndexOf("@") + 1);
  return isDigest(digest) ? digest : undefined;
}

function builtEvent({ source, name, digest, layers, rebuilt }: BuiltImage): DevEvent {
  return { kind: "built", source: source.label, image: name, digest, layers, rebuilt };
}

function describeObject({ kind, metadata }: KubernetesObject): string {
  return `${kind.toLowerCase()}/${metadata.name}`;
}

/** Each workload once, as it was seen last. */
function distinct(workloads: readonly Workload[]): readonly Workload[] {
  return [...new Map(workloads.map((workload) => [workloadPath(workload), workload])).values()];
}

/** Tells how many milliseconds have passed since it was asked last. */
function startClock(): () => number {
  let last = performance.now();
  return () => {
    const now = performance.now();
    const passed = now - last;
    last = now;
    return passed;
  };
}
