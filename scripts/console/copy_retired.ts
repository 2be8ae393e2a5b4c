import { UnsupportedError } from "../../lib/errors.ts";
import type { Repository } from "../../lib/registry/repository.ts";
import type { Destination } from "../../lib/store/store.ts";
import type { Session } from "./session.ts";

/** A copy of which it is not known yet whether its source can be read. */
export interface UnseenCopy {
  /** The repository, where the source is one. */
  readonly source: (() => Promise<Repository>) | undefined;
  /** The name in it. */
  readonly name: string;
  /** Where the copy goes. */
  readonly destination: Destination;
  /** What it is called there. */
  readonly names: readonly string[];
  /** How much is done at once. */
  readonly jobs?: number | undefined;
  /** Nothing is to be written. */
  readonly dryRun?: boolean | undefined;
}

/**
 * Opens what is to be copied. A Docker schema 1 manifest, which cannot be opened, is copied as it is
 * where both sides are registries; then there is nothing to open any more.
 */
export async function openUnlessRetired<T>(
  session: Session,
  open: () => Promise<T>,
  { source, name, destination, names, jobs = 4, dryRun = false }: UnseenCopy,
): Promise<T | undefined> {
  try {
    return await open();
  } catch (error) {
    if (!(error instanceof UnsupportedError) || source === undefined || dryRun) throw error;
    const { Repository } = await import("../../lib/registry/repository.ts");
    const { copySchema1 } = await import("../../lib/registry/copy_schema1.ts");
    if (!(destination instanceof Repository)) throw error;
    const { signal, output } = session;
    const options = { names, jobs, signal, onEvent: output.onEvent };
    const descriptor = await copySchema1(await source(), name, destination, options);
    if (descriptor === undefined) throw error;
    output.note(`copied ${name} as it is: a Docker schema 1 manifest, a form retired in 2019`);
    output.result(descriptor.digest, { ...descriptor, names });
    return undefined;
  }
}
