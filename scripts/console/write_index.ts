import { UnsupportedError } from "../../lib/errors.ts";
import type { Index } from "../../lib/image/image.ts";
import { formatReference } from "../../lib/oci/reference.ts";
import { formatLocation, type Location } from "../../lib/places/location.ts";
import { UsageError } from "./exit_code.ts";
import type { Session } from "./session.ts";

/** Where an index goes: where the flag says, else where it came from. */
export function indexTarget(tag: Location | undefined, base: Location | undefined): Location {
  if (tag !== undefined) return tag;
  if (base === undefined) throw new UsageError("Cannot write an index: expected --tag or a base");
  const isFixed = base.kind === "registry" && base.reference.digest !== undefined;
  if (!isFixed && base.kind !== "path") return base;
  throw new UsageError(
    `Cannot write an index to "${formatLocation(base)}": expected --tag NAME or --tag PLACE`,
  );
}

/** Writes an index as a whole, and tells its name: never one of its images in its place. */
export async function writeIndex(session: Session, index: Index, to: Location): Promise<void> {
  await using target = await session.create(to);
  const { destination, names } = target;
  if (!destination.accepts.index) {
    throw new UnsupportedError(
      `Cannot write an index to "${formatLocation(to)}": it holds one platform's image; ` +
        `expected a registry, oci:DIR or oci-archive:FILE`,
    );
  }
  const descriptor = await session.copy(index, destination, { names });
  await destination.commit({ signal: session.signal });
  const { digest } = descriptor;
  if (to.kind !== "registry") return session.output.result(digest, { ...descriptor, names });
  const { registry, repository } = to.reference;
  const reference = formatReference({ registry, repository, digest });
  session.output.result(reference, { ...descriptor, names, reference });
}
