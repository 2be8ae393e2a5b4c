import { DavitError } from "../../errors.ts";
import { readSnapshot } from "./read_snapshot.ts";
import { type Snapshot, SNAPSHOT_FILE } from "./snapshot.ts";

/** A snapshot among others. */
export interface SnapshotInfo {
  /** Its name: that of its directory. */
  readonly name: string;
  /** The cluster. */
  readonly cluster: string;
  /** When it was taken, as ISO 8601. */
  readonly createdAt: string;
  /** How many nodes it is of. */
  readonly nodes: number;
  /** How much it takes, in bytes. */
  readonly size: number;
}

/**
 * Lists the snapshots in a folder, by their names. What is no snapshot is passed over.
 *
 * @param folder The folder that their directories are in; it need not be there.
 */
export async function listSnapshots(folder: string): Promise<readonly SnapshotInfo[]> {
  const found: SnapshotInfo[] = [];
  for await (const { name } of entriesOf(folder)) {
    try {
      found.push(describeSnapshot(name, await readSnapshot(`${folder}/${name}`)));
    } catch (error) {
      if (!(error instanceof DavitError)) throw error;
    }
  }
  return found.sort((left, right) => left.name < right.name ? -1 : 1);
}

/** Tells what a snapshot comes to. */
export function describeSnapshot(name: string, snapshot: Snapshot): SnapshotInfo {
  const { cluster, createdAt, nodes } = snapshot;
  const size = nodes.flatMap(({ parts }) => parts).reduce((sum, part) => sum + part.size, 0);
  return { name, cluster, createdAt, nodes: nodes.length, size };
}

/**
 * Deletes a snapshot. What else is in its directory stays.
 *
 * @param directory Its directory.
 * @throws {NotFoundError} When there is no snapshot in it.
 * @throws {DocumentError} When its document is none.
 */
export async function deleteSnapshot(directory: string): Promise<void> {
  const { nodes } = await readSnapshot(directory);
  await Deno.remove(`${directory}/${SNAPSHOT_FILE}`); // from here on it is none
  for (const { file } of nodes.flatMap(({ parts }) => parts)) {
    await Deno.remove(`${directory}/${file}`).catch(ignoreMissing);
  }
  const others = await Array.fromAsync(Deno.readDir(directory));
  if (others.length === 0) await Deno.remove(directory);
}

function ignoreMissing(error: unknown): void {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}

async function* entriesOf(folder: string): AsyncGenerator<Deno.DirEntry, void, void> {
  try {
    yield* Deno.readDir(folder);
  } catch (error) {
    ignoreMissing(error);
  }
}
