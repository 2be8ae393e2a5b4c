import type { LintReport } from "../../lib/inspect/lint.ts";
import type { LintFinding } from "../../lib/inspect/lint_rules.ts";
import { toSarif } from "../../lib/inspect/sarif.ts";
import { formatPlatform } from "../../lib/oci/platform.ts";
import { present } from "../../lib/oci/present.ts";
import { VERSION } from "../version.ts";
import { formatBytes } from "./format_bytes.ts";
import { formatPath } from "./format_file.ts";
import type { Output } from "./output.ts";
import { formatTable } from "./table.ts";

/** How {@linkcode printLint} prints. */
export interface PrintLintOptions {
  /** Lines for people, a JSON document for each image, or one SARIF document. */
  readonly format: "text" | "json" | "sarif";
  /** What the user called the image. */
  readonly image: string;
}

/** Prints what was found; of several images, each line names the platform. */
export function printLint(
  output: Output,
  reports: readonly LintReport[],
  { format, image }: PrintLintOptions,
): void {
  if (format === "sarif") {
    return output.document(JSON.stringify(toSarif(reports, { version: VERSION, image }), null, 2));
  }
  if (format === "json") {
    for (const report of reports) {
      const platform = platformOf(report);
      output.document(JSON.stringify({ image, ...report, ...present({ platform }) }));
    }
    return;
  }
  const rows = reports.flatMap((report) => report.findings.map((found) => rowOf(report, found)));
  for (const line of formatTable(rows)) output.result(line, line);
  for (const report of reports) {
    const name = platformOf(report);
    const start = name === undefined ? "" : `${name}: `;
    output.result(`${start}${summaryOf(report)}`, report);
  }
}

/** Such as `1 error, 2 warnings`. */
export function countFindings(findings: readonly LintFinding[]): string {
  const levels = ["error", "warning", "note"] as const;
  return levels.flatMap((level) => {
    const number = findings.filter((found) => found.level === level).length;
    return number === 0 ? [] : [`${number} ${level}${number === 1 ? "" : "s"}`];
  }).join(", ");
}

function rowOf(report: LintReport, found: LintFinding): readonly string[] {
  const { level, rule, path, layer, message, bytes } = found;
  const platform = platformOf(report);
  return [
    ...(platform === undefined ? [] : [platform]),
    level,
    rule,
    path === undefined ? "" : formatPath(path),
    layer === undefined ? "" : `#${layer}`,
    bytes === undefined ? message : `${message} (${formatBytes(bytes)})`,
  ];
}

function summaryOf({ findings, wastedBytes }: LintReport): string {
  if (findings.length === 0) return "nothing found";
  const waste = wastedBytes === 0 ? "" : `, ${formatBytes(wastedBytes)} wasted`;
  return `${countFindings(findings)}${waste}`;
}

function platformOf({ platform }: LintReport): string | undefined {
  return platform === undefined ? undefined : formatPlatform(platform);
}
