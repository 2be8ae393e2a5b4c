import type { TypedFlagParameter } from "@stricli/core";
import type { Digest } from "../../lib/oci/digest.ts";
import { formatLocation, type Location, parseLocation } from "../../lib/places/location.ts";
import { DeltaDestination, layerDigestsOf } from "../../lib/store/delta.ts";
import type { Destination } from "../../lib/store/store.ts";
import type { Context } from "./context.ts";
import { UsageError } from "./exit_code.ts";
import { formatBytes } from "./format_bytes.ts";
import type { Session } from "./session.ts";

/** Images whose layers a delta leaves out. */
export const HAVE_FLAG: TypedFlagParameter<readonly Location[] | undefined, Context> = {
  kind: "parsed",
  brief: "Image that the receiver has: leave its layers out",
  placeholder: "IMAGE",
  parse: parseLocation,
  optional: true,
  variadic: true,
};

/** The destination for a receiver who has some images; itself, when there are none. */
export async function deltaOf(
  session: Session,
  destination: Destination,
  { to, have = [] }: { readonly to: Location; readonly have?: readonly Location[] | undefined },
): Promise<Destination> {
  if (have.length === 0) return destination;
  if (to.kind !== "oci-archive" && to.kind !== "oci") {
    throw new UsageError(
      `Cannot write a delta to "${formatLocation(to)}": expected oci-archive:FILE or oci:DIR`,
    );
  }
  const held = new Set<Digest>();
  for (const place of have) {
    await using source = await session.open(place);
    const { signal } = session;
    for (const digest of await layerDigestsOf(source.view, { signal })) held.add(digest);
  }
  return new DeltaDestination(destination, held);
}

/** Tells what a delta left out. */
export function noteDelta({ output }: Session, destination: Destination): void {
  if (!(destination instanceof DeltaDestination)) return;
  const { size: count } = destination.leftOut;
  const bytes = destination.leftOut.values().reduce((sum, { size }) => sum + size, 0);
  const layers = `${count} ${count === 1 ? "layer" : "layers"}`;
  output.note(`left out ${layers} (${formatBytes(bytes)}) that the receiver has`);
}

/** Whether a place is on this machine, and may lack parts of its images. */
export function isLocalPlace({ kind }: Location): boolean {
  return kind === "oci-archive" || kind === "oci" || kind === "path";
}
