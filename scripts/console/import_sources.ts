import { NotFoundError } from "../../lib/errors.ts";
import type { KnownImage, NamedView } from "../../lib/k3s/node_load.ts";
import type { Location } from "../../lib/places/location.ts";
import { parseLocation } from "../../lib/places/location.ts";
import { formatReference, parseReference } from "../../lib/oci/reference.ts";
import { present } from "../../lib/oci/present.ts";
import type { Source } from "../../lib/store/store.ts";
import type { Context } from "./context.ts";
import { UsageError } from "./exit_code.ts";
import { openBuild } from "./open_build.ts";
import type { Session } from "./session.ts";
import { stdinArchive } from "./stdin_archive.ts";

/** An image that is to be imported. */
export type ImportSource = NamedView | KnownImage;

/** What opening sources needs; all that is opened goes with `scope`. */
export interface Surroundings {
  readonly context: Context;
  readonly session: Session;
  readonly scope: AsyncDisposableStack;
}

/** The beginning of an image's ID, which nothing else looks like but a name of hex digits. */
const ID = /^(?:sha256:)?([0-9a-f]{6,64})$/;

/** What may hold a build. */
const BUILD_FILE = /\.(?:ya?ml|json)$/;

/**
 * Opens what is to be imported: files with all images in them, `-` for standard input, a build file,
 * any place; and a plain name or ID for an image of Docker, as k3d has it.
 *
 * @throws {NotFoundError} When some are missing: it names them all.
 */
export async function openImportSources(
  words: readonly string[],
  surroundings: Surroundings,
): Promise<readonly ImportSource[]> {
  const opened = await Promise.allSettled(words.map((word) => openOne(word, surroundings)));
  const failures = opened.flatMap((result) => result.status === "rejected" ? [result.reason] : []);
  const missing = failures.filter((error) => error instanceof NotFoundError);
  if (missing.length > 1) {
    throw new NotFoundError("images", missing.map(({ subject }) => subject).join('", "'));
  }
  if (failures.length > 0) throw failures[0];
  return opened.flatMap((result) => result.status === "fulfilled" ? result.value : []);
}

async function openOne(
  word: string,
  surroundings: Surroundings,
): Promise<readonly ImportSource[]> {
  const { context, session, scope } = surroundings;
  if (word === "-") {
    const { location } = scope.use(await stdinArchive(context));
    return await openAll(word, scope.use(await openFile(location.path, session)), session);
  }
  const isFile = await Deno.stat(word).then(({ isFile }) => isFile, () => undefined);
  if (isFile === true && BUILD_FILE.test(word)) {
    const { view, names } = await openBuild(word, surroundings);
    return [{ view, names: namesOf(word, names) }];
  }
  const hasTransport = /^(?:docker:\/\/|oci:|(?:oci|docker)-[a-z]+:)/.test(word);
  if (isFile === undefined && !hasTransport && !/^[./~]/.test(word)) {
    return [await openEngineImage(word, surroundings)];
  }
  const location: Location = isFile === undefined
    ? parseLocation(word)
    : { kind: "path", path: word };
  if (location.kind === "path") {
    return await openAll(word, scope.use(await openFile(location.path, session)), session);
  }
  if (location.kind === "docker-daemon") {
    return [await openEngineImage(location.name, surroundings)];
  }
  const names = location.kind === "registry"
    ? [formatReference(location.reference)]
    : namesOf(word, "name" in location && location.name !== undefined ? [location.name] : []);
  const { view } = scope.use(await session.open(location));
  return [{ view, names }];
}

/** An image of Docker: its bytes are asked for when a node lacks it. */
async function openEngineImage(
  word: string,
  { context, session: { signal }, scope }: Surroundings,
): Promise<KnownImage> {
  const { DockerDaemon } = await import("../../lib/docker/daemon.ts");
  const daemon = scope.use(new DockerDaemon(present({ executable: context.env("DAVIT_DOCKER") })));
  const [, digits] = ID.exec(word) ?? [];
  const image = await daemon.inspect(word, { signal });
  const { id, names, diffIds } = image;
  const isId = digits !== undefined && id.startsWith(`sha256:${digits}`) &&
    !names.includes(`${word}:latest`);
  return {
    id,
    names: isId ? namesOf(word, names) : [formatReference(parseReference(word))],
    diffIds,
    open: (isHeld = () => false) =>
      image.isUnpacked
        ? daemon.openPart(image, isHeld, { signal })
        : daemon.open(isId ? id : word, { signal }),
  };
}

async function openFile(path: string, { signal }: Session): Promise<Source & AsyncDisposable> {
  const { detectFormat } = await import("../../lib/places/format.ts");
  if (await detectFormat(path) === "layout") {
    const { openLayout } = await import("../../lib/layout/open_layout.ts");
    return await openLayout(path);
  }
  const { openAnyArchive } = await import("../../lib/archive/any_archive.ts");
  return await openAnyArchive(path, { signal });
}

/** All images of a file, each under its own name. */
async function openAll(word: string, source: Source, session: Session): Promise<NamedView[]> {
  const options = { signal: session.signal };
  const names = await Array.fromAsync(source.names(options));
  if (names.length === 0) throw nameless(word);
  return await Promise.all(names.map(async (name) => (
    { view: await source.open(name, options), names: namesOf(word, [name]) }
  )));
}

/** Names in full; a tag alone would say nothing to Kubernetes. */
function namesOf(word: string, names: readonly string[]): readonly string[] {
  const full = names.filter((name) => /[:/]/.test(name));
  if (full.length === 0) throw nameless(word);
  return full.map((name) => formatReference(parseReference(name)));
}

function nameless(word: string): UsageError {
  return new UsageError(
    `Cannot import "${word}": expected an image with a full name, such as registry.example/app:v1, ` +
      `got none; copy it under one first: davit copy ${word} docker-archive:FILE:NAME`,
  );
}
