import type { DockerCli } from "../../docker/cli.ts";
import type { CallOptions } from "../../layer/content_source.ts";
import { readTar } from "../../tar/read_tar.ts";
import type { TarInput } from "../../tar/write_tar.ts";

/** What the engine or the node makes anew at every start. */
const PASSING = /^\/(?:dev|proc|run|sys|tmp|var\/run)(?:\/|$)/;

/** Options of {@linkcode changedFiles}. */
export interface ChangedFilesOptions extends CallOptions {
  /** The paths at which something is mounted into the node. */
  readonly mounts: readonly string[];
}

/** A path of a container that is not as it is in the image. */
interface Change {
  /** Whether it is new, or another than the image's. */
  readonly kind: "A" | "C";
  /** The path. */
  readonly path: string;
}

/**
 * Reads the files that a node's container has besides, or other than, its image: its secret, its
 * configuration, what a user put there. Those on volumes are not among them.
 *
 * @throws {DockerError} When Docker fails.
 */
export async function* changedFiles(
  cli: DockerCli,
  node: string,
  { mounts, ...options }: ChangedFilesOptions,
): AsyncGenerator<TarInput, void, void> {
  const act = `read the files of "${node}"`;
  const listing = await cli.run(["diff", node], { ...options, act });
  for (const change of topmostChanges(listing, mounts)) yield* copyOut(cli, node, change, options);
}

/**
 * The changes that stand for all that are below them. What was removed is not told, nor the places
 * of mounts: the engine would copy what is mounted.
 *
 * @param listing What `docker diff` printed.
 * @param mounts The paths at which something is mounted.
 */
export function topmostChanges(
  listing: string,
  mounts: readonly string[] = [],
): readonly Change[] {
  const changes = listing.split("\n")
    .filter((line) => /^[AC] /.test(line))
    .map((line): Change => ({ kind: line.startsWith("A") ? "A" : "C", path: line.slice(2) }))
    .filter(({ path }) => !PASSING.test(path) && !mounts.includes(path));
  const added = new Set(changes.filter(({ kind }) => kind === "A").map(({ path }) => path));
  const parents = new Set(listing.split("\n").map((line) => parentOf(line.slice(2))));
  return changes.filter(({ kind, path }) =>
    kind === "A" ? !added.has(parentOf(path)) : !parents.has(path)
  );
}

/** A path with all that is below it, named from the root. */
async function* copyOut(
  cli: DockerCli,
  node: string,
  { kind, path }: Change,
  options: CallOptions,
): AsyncGenerator<TarInput, void, void> {
  await using process = cli.spawn(["cp", `${node}:${path}`, "-"], {
    act: `read ${path} of "${node}"`,
  });
  const parent = parentOf(path).slice(1);
  const inRoot = (name: string) => parent === "" ? name : `${parent}/${name}`;
  for await (const entry of readTar(process.stdout, options)) {
    const { header } = entry;
    // Only the dates of such a directory changed: all in it is the image's.
    if (kind === "C" && header.type === "directory") return;
    const { linkName } = header;
    yield {
      header: {
        ...header,
        name: inRoot(header.name),
        ...(header.type === "hardlink" && linkName !== undefined
          ? { linkName: inRoot(linkName) }
          : {}),
      },
      ...(header.type === "file" ? { body: () => entry.body() } : {}),
    };
  }
  await process.finished(options);
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/"));
}
