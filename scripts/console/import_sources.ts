import type { NamedView } from "../../lib/k3s/node_load.ts";
import { NotFoundError } from "../../lib/errors.ts";
import type { Location } from "../../lib/places/location.ts";
import { parseLocation } from "../../lib/places/location.ts";
import { formatReference, parseReference } from "../../lib/oci/reference.ts";
import type { Source } from "../../lib/store/store.ts";
import type { Context } from "./context.ts";
import { UsageError } from "./exit_code.ts";
import { inFull } from "./naming.ts";
import type { Session } from "./session.ts";
import { stdinArchive } from "./stdin_archive.ts";

/**
 * Opens what is to be imported: files with all images in them, `-` for standard input, any place;
 * and a plain name for an image of Docker, as k3d has it.
 *
 * @throws {NotFoundError} When some are missing: it names them all.
 */
export async function openImportSources(
  context: Context,
  session: Session,
  words: readonly string[],
  scope: AsyncDisposableStack,
): Promise<readonly NamedView[]> {
  const opened = await Promise.allSettled(
    words.map((word) => openOne(context, session, word, scope)),
  );
  const failures = opened.flatMap((result) => result.status === "rejected" ? [result.reason] : []);
  const missing = failures.filter((error) => error instanceof NotFoundError);
  if (missing.length > 1) {
    throw new NotFoundError("images", missing.map(({ subject }) => subject).join('", "'));
  }
  if (failures.length > 0) throw failures[0];
  return opened.flatMap((result) => result.status === "fulfilled" ? result.value : []);
}

async function openOne(
  context: Context,
  session: Session,
  word: string,
  scope: AsyncDisposableStack,
): Promise<readonly NamedView[]> {
  const location = word === "-"
    ? scope.use(await stdinArchive(context)).location
    : await locate(word);
  if (location.kind === "path") {
    return await openAll(word, scope.use(await openFile(location.path, session)), session);
  }
  const names = namesFor(word, location);
  const { view } = scope.use(await session.open(location));
  return [{ view, names }];
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
    { view: await source.open(name, options), names: [fullName(word, name)] }
  )));
}

async function locate(word: string): Promise<Location> {
  const isFile = await Deno.stat(word).then(() => true, () => false);
  if (isFile) return { kind: "path", path: word };
  const hasTransport = /^(?:docker:\/\/|oci:|(?:oci|docker)-[a-z]+:)/.test(word);
  return parseLocation(hasTransport || /^[./~]/.test(word) ? word : `docker-daemon:${word}`);
}

function namesFor(word: string, location: Location): readonly string[] {
  if ("name" in location && location.name !== undefined && location.kind !== "docker-daemon") {
    return [fullName(word, location.name)];
  }
  const names = inFull(location);
  if (names.length === 0) throw nameless(word);
  return names;
}

/** A tag alone would say nothing to Kubernetes. */
function fullName(word: string, name: string): string {
  if (!/[:/]/.test(name)) throw nameless(word);
  return formatReference(parseReference(name));
}

function nameless(word: string): UsageError {
  return new UsageError(
    `Cannot import "${word}": expected an image with a full name, such as registry.example/app:v1, ` +
      `got none; copy it under one first: davit copy ${word} docker-archive:FILE:NAME`,
  );
}
