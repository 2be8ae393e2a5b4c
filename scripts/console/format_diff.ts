import type { FieldChange } from "../../lib/inspect/diff_documents.ts";
import type { FileChange } from "../../lib/inspect/diff_files.ts";
import type { DiffLayer, DiffSide, ImageDiff, LayerChange } from "../../lib/inspect/image_diff.ts";
import { formatBytes } from "./format_bytes.ts";
import { formatPath } from "./format_file.ts";
import { formatTable } from "./table.ts";

/** How much of one value is shown. */
const VALUE_LENGTH = 60;

/** Writes how two images differ, for people. */
export function formatDiff(diff: ImageDiff): readonly string[] {
  const { a, b, isSame, reasons, layers, config, manifest, files } = diff;
  const head = formatTable([["A", ...describeSide(a)], ["B", ...describeSide(b)]]);
  if (isSame) return [...head, "", "the same image"];
  return [
    ...head,
    ...section("Why the digests differ", reasons.map((reason) => `  ${formatPath(reason)}`)),
    ...section("Layers", formatTable(layers.map(describeLayer)).map(indent)),
    ...section("Config", config.map(describeField)),
    ...section("Manifest", manifest.map(describeField)),
    ...(files === undefined ? [] : section("Files", describeFiles(files))),
  ];
}

function section(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : ["", title, ...lines];
}

function indent(line: string): string {
  return `  ${line}`;
}

function describeSide({ digest, layers, bytes, contentBytes }: DiffSide): readonly string[] {
  return [
    digest,
    `${layers} ${layers === 1 ? "layer" : "layers"}`,
    formatBytes(bytes),
    ...contentBytes === undefined ? [] : [`${formatBytes(contentBytes)} of files`],
  ];
}

const SIGNS = { same: "=", recompressed: "~", changed: "~", added: "+", removed: "-" } as const;

function describeLayer({ kind, a, b, differences }: LayerChange): readonly string[] {
  const layer = b ?? a;
  const why = differences.map(({ text }) => text).join("; ");
  const sizes = kind === "recompressed" || kind === "changed"
    ? `${sizeOf(a)} -> ${sizeOf(b)}`
    : sizeOf(layer);
  const note = kind === "recompressed" || kind === "changed" ? why || kind : layer?.createdBy ?? "";
  return [
    SIGNS[kind],
    String(layer?.position ?? ""),
    (layer?.digest ?? "").slice(0, 19),
    sizes,
    formatPath(shorten(note)),
  ];
}

function sizeOf(layer: DiffLayer | undefined): string {
  return layer === undefined ? "" : formatBytes(layer.size);
}

function describeField(change: FieldChange): string {
  const { field } = change;
  const [before, after] = [show(change.before), show(change.after)];
  if (!("before" in change)) return `  + ${formatPath(field)}  ${after}`;
  if (!("after" in change)) return `  - ${formatPath(field)}  ${before}`;
  return `  ~ ${formatPath(field)}  ${before} -> ${after}`;
}

function show(value: unknown): string {
  if (Array.isArray(value) && typeof value[0] === "object") return `${value.length} entries`;
  return formatPath(shorten(JSON.stringify(value) ?? "")).replaceAll("\\\\", "\\");
}

function shorten(text: string): string {
  return text.length <= VALUE_LENGTH ? text : `${text.slice(0, VALUE_LENGTH)}…`;
}

function describeFiles(files: readonly FileChange[]): readonly string[] {
  if (files.length === 0) return [];
  const rows = files.map(({ path, kind, aspects, before, after }) => [
    kind === "changed" ? "~" : kind === "added" ? "+" : "-",
    formatPath(path),
    kind === "changed"
      ? aspects.join(", ") +
        (before?.size === after?.size ? "" : `: ${bytes(before)} -> ${bytes(after)}`)
      : bytes(after ?? before),
  ]);
  const count = (kind: FileChange["kind"]) => files.filter((file) => file.kind === kind).length;
  const sum = `${count("added")} added, ${count("removed")} removed, ${count("changed")} changed`;
  return [...formatTable(rows).map(indent), `  ${sum}`];
}

function bytes(file: FileChange["after"]): string {
  if (file === undefined) return "";
  return file.type === "file" ? formatBytes(file.size) : file.type;
}
