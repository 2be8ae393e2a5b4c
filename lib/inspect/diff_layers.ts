import type { TarHeader } from "../tar/entry.ts";
import { cleanPath } from "./entry_paths.ts";
import { compareFiles, type FileAspect } from "./diff_files.ts";
import type { ListedEntry } from "./layer_listing.ts";
import type { CompressedForm, SurveyedLayer } from "./surveyed_layer.ts";

/** Why two layers that stand for each other have different digests. */
export type LayerReason =
  /** Another compression, or the same by another compressor or level. */
  | "compression"
  /** The same entries in another order. */
  | "order"
  /** Entries that only one has. */
  | "entries"
  /** The same entries with other names of their owners. */
  | "owner-names"
  /** The same entries written in another form: ustar, PAX, GNU, or with other padding. */
  | "form"
  /** What entries of the same path do not have in common. */
  | FileAspect;

/** One reason, with how much it is about. */
export interface LayerDifference {
  /** What differs. */
  readonly reason: LayerReason;
  /** How many entries it is about; 0 when it is about the layer as a whole. */
  readonly count: number;
  /** For people, with one of them for an example: `times of 12 entries (etc/motd, …)`. */
  readonly text: string;
}

const WORDS: Readonly<Record<FileAspect, string>> = {
  type: "types",
  content: "content",
  mode: "modes",
  owner: "owners",
  time: "times",
  target: "targets of links",
  device: "device numbers",
  xattrs: "extended attributes",
  records: "PAX records of vendors",
};

/** Says why two compressed forms of one tar differ. */
export function diffForms(a: CompressedForm, b: CompressedForm): LayerDifference {
  if (a.compression !== b.compression) {
    return whole("compression", `${nameOf(a)} in A, ${nameOf(b)} in B`);
  }
  const header = a.header === b.header ? "" : `: ${a.header} in A, ${b.header} in B`;
  return whole("compression", `${a.compression} by another compressor or level${header}`);
}

/** Says why two tars differ. */
export function diffTars(a: SurveyedLayer, b: SurveyedLayer): readonly LayerDifference[] {
  const [before, after] = [byPath(a), byPath(b)];
  const found = new Map<LayerReason, { count: number; readonly example: string }>();
  const count = (reason: LayerReason, path: string, by = 1) => {
    const known = found.get(reason) ?? { count: 0, example: path === "" ? "./" : path };
    known.count += by;
    found.set(reason, known);
  };
  for (const [path, entry] of before) {
    const other = after.get(path);
    if (other === undefined) {
      count("entries", path);
      continue;
    }
    const aspects = compareFiles(
      { header: entry.header, content: a.contents.get(entry.ordinal) },
      { header: other.header, content: b.contents.get(other.ordinal) },
    );
    for (const aspect of aspects) count(aspect, path);
    if (namesOf(entry.header) !== namesOf(other.header)) count("owner-names", path);
    if (aspects.length === 0 && entry.headerSize !== other.headerSize) count("form", path);
  }
  for (const path of after.keys()) if (!before.has(path)) count("entries", path);
  const [orderA, orderB] = [[...before.keys()], [...after.keys()]];
  const shared = orderA.filter((path) => after.has(path));
  const sharedB = orderB.filter((path) => before.has(path));
  const moved = shared.filter((path, at) => path !== sharedB[at]);
  if (moved.length > 0) count("order", moved[0] ?? "", moved.length);
  if (found.size === 0) return [whole("form", "the same entries, written in another form of tar")];
  return [...found].map(([reason, { count: about, example }]) => ({
    reason,
    count: about,
    text: `${textOf(reason, about)} (${example}${about > 1 ? ", …" : ""})`,
  }));
}

function textOf(reason: LayerReason, count: number): string {
  const entries = `${count} ${count === 1 ? "entry" : "entries"}`;
  switch (reason) {
    case "entries":
      return `${entries} that only one has`;
    case "order":
      return `order of ${entries}`;
    case "owner-names":
      return `names of the owners of ${entries}`;
    case "form":
      return `header form (ustar, PAX, GNU) of ${entries}`;
    case "compression":
      return "compression";
    default:
      return `${WORDS[reason]} of ${entries}`;
  }
}

function whole(reason: LayerReason, text: string): LayerDifference {
  return { reason, count: 0, text };
}

function nameOf({ compression }: CompressedForm): string {
  return compression === "none" ? "not compressed" : compression;
}

/** The entries by path, markers too; of several for one path, the last. */
function byPath({ entries, marks }: SurveyedLayer): ReadonlyMap<string, ListedEntry> {
  const ordered = [...entries, ...marks].sort((a, b) => a.ordinal - b.ordinal);
  return new Map(ordered.map((entry) => [cleanPath(entry.header.name), entry]));
}

function namesOf({ userName = "", groupName = "" }: TarHeader): string {
  return `${userName}:${groupName}`;
}
