import { NotFoundError, PlatformError } from "../errors.ts";
import type { View } from "../image/image.ts";
import { filterIndex } from "../image/filter_index.ts";
import { availableNames, listAvailable } from "../image/platform_names.ts";
import { platformOf, selectImage } from "../image/select.ts";
import type { CallOptions } from "../layer/content_source.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import type { Digest } from "../oci/digest.ts";
import { formatPlatform, parsePlatform, type Platform } from "../oci/platform.ts";
import { matchesPlatform } from "../oci/platform_match.ts";
import { present } from "../oci/present.ts";
import type { Attachments } from "../store/attachments.ts";
import { copy } from "../store/copy.ts";
import type { OnCopyEvent } from "../store/events.ts";
import type { Permits } from "../store/permits.ts";
import { planCopy } from "../store/plan_copy.ts";
import type { Destination, Source, Store } from "../store/store.ts";

/** An image on its way to be kept in step. */
export interface SyncedImage {
  /** Where it is. */
  readonly source: Source & Partial<Pick<Store, "resolve">>;
  /** Its name there. */
  readonly name: string | undefined;
  /** Where it goes. */
  readonly destination: Destination & Partial<Pick<Store, "resolve">>;
  /** What it is called there. */
  readonly names: readonly string[];
  /** The platforms that go along; all when empty. */
  readonly platforms: readonly Platform[];
  /** What goes along besides. */
  readonly attachments: Attachments | undefined;
}

/** What the images before would have brought to a place, so that it counts once. */
export class Rehearsal {
  readonly #sent = new Set<string>();

  /** Says whether a place does not have content yet by then, and has it from now on. */
  send({ label }: Destination, { digest }: Descriptor): boolean {
    const { size } = this.#sent;
    return this.#sent.add(`${label} ${digest}`).size > size;
  }
}

/** How an image is kept in step. */
export interface SyncImageOptions extends CallOptions {
  /** The ceiling on all that is done at once. */
  readonly permits: Permits;
  /** Notes what would be sent, for nothing is; absent when it is. */
  readonly rehearsal: Rehearsal | undefined;
  /** Hears what happens. */
  readonly onEvent: OnCopyEvent | undefined;
}

/** What came of an image. */
export interface SyncedOutcome {
  /** Whether anything had to be copied. */
  readonly outcome: "copied" | "unchanged";
  /** What the names stand for at the destination now. */
  readonly digest: Digest;
  /** How many bytes were sent. */
  readonly bytes: number;
}

/** Brings an image to its destination, unless it is there: then two questions tell. */
export async function syncImage(
  image: SyncedImage,
  options: SyncImageOptions,
): Promise<SyncedOutcome> {
  const { source, name, destination, names, platforms, attachments } = image;
  const { permits, signal } = options;
  const open = () =>
    permits.run(async () => {
      return await choose(await source.open(name, present({ signal })), platforms);
    }, signal);
  const isAsk = platforms.length === 0 && name !== undefined;
  const asked = isAsk
    ? await permits.run(async () => await source.resolve?.(name, present({ signal })), signal)
    : undefined;
  const view = asked === undefined ? await open() : undefined;
  const wanted = asked ?? await view?.descriptor();
  if (wanted === undefined) throw new TypeError("There is a view where nothing was asked");
  const isThere = await permits.run(() => hasNames(destination, names, wanted, signal), signal);
  if (isThere && attachments === undefined) {
    return { outcome: "unchanged", digest: wanted.digest, bytes: 0 };
  }
  const root = wanted.digest;
  const sent = await transfer(view ?? await open(), image, options);
  const bytes = sent.reduce(
    (sum, { digest, size }) => isThere && digest === root ? sum : sum + size,
    0,
  );
  return { outcome: isThere && bytes === 0 ? "unchanged" : "copied", digest: root, bytes };
}

/** Copies a view; says what was sent, or in a dry run what would be. */
async function transfer(
  view: View,
  { destination, names, attachments }: SyncedImage,
  { permits, rehearsal, onEvent, signal }: SyncImageOptions,
): Promise<readonly Descriptor[]> {
  const options = { names, permits, ...present({ attachments, signal }) };
  if (rehearsal !== undefined) {
    const { transfers } = await planCopy(view, destination, options);
    return transfers.filter(({ outcome }) => outcome === "sent")
      .map(({ descriptor }) => descriptor)
      .filter((descriptor) => rehearsal.send(destination, descriptor));
  }
  const sent = new Map<Digest, Descriptor>();
  await copy(view, destination, {
    ...options,
    onEvent(event) {
      onEvent?.(event);
      if (event.kind !== "done" || event.outcome !== "sent") return;
      sent.set(event.descriptor.digest, event.descriptor);
    },
  });
  await destination.commit(present({ signal }));
  return [...sent.values()];
}

/** The image of one platform, or an index of several; of several, those that are there. */
async function choose(view: View, platforms: readonly Platform[]): Promise<View> {
  const [only, ...others] = platforms;
  if (only === undefined) return view;
  if (others.length === 0) return await selectImage(view, only);
  if (view.kind === "index") return await filterIndex(view, platforms);
  const platform = view.kind === "image" ? await platformOf(view) : undefined;
  if (platform === undefined || platforms.some((one) => matchesPlatform(platform, one))) {
    return view;
  }
  const wanted = platforms.map(formatPlatform).join(" or ");
  const available = availableNames([platform]);
  throw new PlatformError(
    `Cannot find an image for ${wanted}: ${listAvailable(available)}`,
    available,
  );
}

async function hasNames(
  destination: SyncedImage["destination"],
  names: readonly string[],
  { digest }: Descriptor,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  if (destination.resolve === undefined || names.length === 0) return false;
  for (const name of names) {
    try {
      const found = await destination.resolve(name, present({ signal }));
      if (found.digest !== digest) return false;
    } catch (error) {
      if (!(error instanceof NotFoundError)) throw error;
      return false;
    }
  }
  return true;
}

/** The platforms that text names. */
export function parsePlatforms(texts: readonly string[] = []): readonly Platform[] {
  return texts.map(parsePlatform);
}
