import type { CallOptions } from "../layer/content_source.ts";
import type { View } from "../image/image.ts";
import { remember } from "../image/remember.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import type { Compression } from "../oci/media_type.ts";
import { present } from "../oci/present.ts";
import { formatReference, parseReference } from "../oci/reference.ts";
import { formatLocation, type Location, parseLocation } from "../places/location.ts";
import { openDestination, type OpenOptions } from "../places/open.ts";
import type { Transport } from "../registry/transport.ts";
import { resolveLocation } from "../places/resolve_location.ts";
import { copy, type CopyOptions } from "../store/copy.ts";
import type { Destination } from "../store/store.ts";
import { untilAborted } from "../stream/until_aborted.ts";
import { SpecError } from "../errors.ts";
import { type ComposeOptions, composeView } from "./compose_view.ts";
import { type Lock, openBase, openLocked } from "./lock.ts";
import type { BuildSpec } from "./spec.ts";

/** Options of {@linkcode runBuild}. */
export interface RunBuildOptions
  extends CallOptions, Pick<ComposeOptions, "directory" | "created" | "workers" | "cache"> {
  /** What opening places needs; a transport of its own, without credentials, unless said. */
  readonly places?: OpenOptions;
  /** How many transfers run at once; 4 unless said. */
  readonly jobs?: number;
  /** What the base stood for when it was locked: it is what is built on. */
  readonly lock?: Lock;
  /** Hears what happens. */
  readonly onEvent?: CopyOptions["onEvent"];
}

/** One place that a build went to. */
export interface BuildOutput {
  /** The place, as a location. */
  readonly location: string;
  /** What the image is called there. */
  readonly names: readonly string[];
  /** The image, or index, as it is there. */
  readonly descriptor: Descriptor;
}

/**
 * Builds what a spec describes and writes it to all its outputs. Files and directories appear when
 * every output is complete; registries and Docker publish as they go.
 *
 * @throws {SpecError} When the spec contradicts itself, or names no place to go to.
 */
export async function runBuild(
  spec: BuildSpec,
  options: RunBuildOptions = {},
): Promise<readonly BuildOutput[]> {
  await using scope = new AsyncDisposableStack();
  const { directory = ".", places = ownPlaces(scope), signal } = options;
  const targets = targetsOf(spec, directory);
  const opened: OpenedTarget[] = [];
  for (const target of targets) {
    const opening = untilAborted(openDestination(target.location, places), signal);
    const { destination } = scope.use(await opening);
    opened.push({ ...target, destination });
  }
  const base = remember(() => openBaseOf(spec, options, places, scope));
  const views = new Map<Compression | undefined, View>();
  for (const { destination } of opened) {
    const { prefers: compression } = destination.accepts;
    if (views.has(compression)) continue;
    const composing = composeView(spec, { ...options, open: base, ...present({ compression }) });
    views.set(compression, await untilAborted(composing, signal));
  }
  const outputs: BuildOutput[] = [];
  for (const target of opened) {
    const view = views.get(target.destination.accepts.prefers);
    if (view !== undefined) outputs.push(await write(view, target, options));
  }
  for (const { destination } of opened) await destination.commit(present({ signal }));
  await options.cache?.prune();
  return outputs;
}

/** Opens the base for as long as the scope lives: as it is now, or as it was locked. */
async function openBaseOf(
  { from }: BuildSpec,
  { directory = ".", lock }: RunBuildOptions,
  places: OpenOptions,
  scope: AsyncDisposableStack,
): Promise<View> {
  const location = parseLocation(from);
  const opening = { directory, places };
  const base =
    await (lock === undefined ? openBase(location, opening) : openLocked(location, lock, opening));
  return scope.use(base).view;
}

/** Opens places for as long as the scope lives. */
function ownPlaces(scope: AsyncDisposableStack): OpenOptions {
  let opened: Promise<Transport> | undefined;
  const open = async () => {
    const { Transport } = await import("../registry/transport.ts");
    return scope.use(new Transport());
  };
  return { transport: () => opened ??= open() };
}

interface Target {
  readonly location: Location;
  readonly names: readonly string[];
}

interface OpenedTarget extends Target {
  readonly destination: Destination;
}

async function write(
  view: View,
  { location, names, destination }: OpenedTarget,
  { jobs, signal, onEvent }: RunBuildOptions,
): Promise<BuildOutput> {
  const descriptor = await copy(view, destination, {
    names,
    ...present({ jobs, signal, onEvent }),
  });
  return { location: formatLocation(location), names, descriptor };
}

/** Decides what is written where: tags of one repository go there together. */
function targetsOf({ tags = [], outputs }: BuildSpec, directory: string): readonly Target[] {
  const full = tags.map((tag) => formatReference(parseReference(tag)));
  const places = outputs ?? full;
  if (places.length === 0) {
    throw new SpecError(`Cannot build: expected "tags" or "outputs", got no place to go to`);
  }
  const targets = new Map<string, Target>();
  for (const place of places) {
    const location = resolveLocation(parseLocation(place), directory);
    const key = placeOf(location);
    const names = [...targets.get(key)?.names ?? [], ...namesAt(location, full)];
    targets.set(key, { location, names: [...new Set(names)] });
  }
  return [...targets.values()];
}

function placeOf(location: Location): string {
  if (location.kind === "registry") {
    return `${location.reference.registry}/${location.reference.repository}`;
  }
  return "path" in location ? `${location.kind}:${location.path}` : formatLocation(location);
}

function namesAt(location: Location, tags: readonly string[]): readonly string[] {
  switch (location.kind) {
    case "registry":
      return location.reference.tag === undefined ? [] : [location.reference.tag];
    case "docker-daemon":
      return [location.name];
    case "k3s":
      return tags;
    case "docker-archive":
    case "docker-legacy":
      return location.name === undefined ? tags : [location.name];
    case "oci":
    case "oci-archive":
      return location.name === undefined ? tags.map(tagOf) : [location.name];
    case "path":
      return [];
  }
}

function tagOf(name: string): string {
  return parseReference(name).tag ?? name;
}
