import { buildCommand, type Command } from "@stricli/core";
import type { Context } from "../console/context.ts";
import { UsageError } from "../console/exit_code.ts";
import { PLATFORM_FLAGS, type PlatformFlags } from "../console/flags.ts";
import { formatBytes } from "../console/format_bytes.ts";
import { formatPath } from "../console/format_file.ts";
import { openImage } from "../console/open_image.ts";
import { Session } from "../console/session.ts";
import { formatTable } from "../console/table.ts";
import { VERSION } from "../version.ts";
import { DocumentError } from "../../lib/errors.ts";
import { lintImage, type LintReport } from "../../lib/inspect/lint.ts";
import {
  isAtLeast,
  isLintRule,
  LINT_RULES,
  type LintFinding,
  type LintLevel,
  type LintRuleId,
} from "../../lib/inspect/lint_rules.ts";
import { toSarif } from "../../lib/inspect/sarif.ts";
import { formatLocation, type Location, parseLocation } from "../../lib/places/location.ts";

interface Flags extends PlatformFlags {
  readonly format: "text" | "json" | "sarif";
  readonly failOn: LintLevel | "none";
  readonly ignore?: readonly LintRuleId[];
  readonly rules?: boolean;
}

/** `davit lint IMAGE` */
export const command: Command<Context> = buildCommand({
  docs: {
    brief: "Look for what could be better about an image",
    fullDescription:
      `Look for secrets (in deleted files, variables and the history too), bytes for nothing,
programs that run as others, layers that no other build repeats, and a config that the files do not
bear out: a command that is not there, a user nobody knows. Exits 1 when something is found that is
as bad as --fail-on. "davit lint --rules" lists the rules.

  davit lint nginx:alpine
  davit lint --fail-on warning --ignore root-user registry.example/app:v1
  davit lint --format sarif oci:layout:v1 > davit.sarif`,
  },
  parameters: {
    flags: {
      format: {
        kind: "enum",
        values: ["text", "json", "sarif"],
        brief: "How findings are written",
        default: "text",
      },
      failOn: {
        kind: "enum",
        values: ["error", "warning", "note", "none"],
        brief: "What fails the command",
        default: "error",
      },
      ignore: {
        kind: "parsed",
        brief: "Rule to leave out",
        placeholder: "RULE",
        parse: parseRule,
        optional: true,
        variadic: ",",
      },
      rules: {
        kind: "boolean",
        brief: "List the rules",
        optional: true,
        withNegated: false,
      },
      ...PLATFORM_FLAGS,
    },
    aliases: { v: "verbose" },
    positional: {
      kind: "tuple",
      parameters: [
        { brief: "Image", placeholder: "IMAGE", parse: parseLocation, optional: true },
      ],
    },
  },
  async func(this: Context, flags: Flags, location?: Location): Promise<void> {
    await using session = new Session(this, flags);
    if (flags.rules === true) return listRules(session);
    if (location === undefined) throw new UsageError("Cannot lint: expected an image");
    await using source = await openImage(session, location);
    const { ignore = [], failOn } = flags;
    const report = await lintImage(source.image, { ignore, signal: session.signal });
    print(session, report, { ...flags, image: formatLocation(location) });
    if (failOn === "none") return;
    const bad = report.findings.filter(({ level }) => isAtLeast(level, failOn));
    if (bad.length === 0) return;
    throw new DocumentError(`Cannot pass "${formatLocation(location)}": found ${count(bad)}`);
  },
});

function print(
  { output }: Session,
  report: LintReport,
  { format, json, image }: Flags & { readonly image: string },
): void {
  if (format === "sarif") {
    const sarif = JSON.stringify(toSarif(report, { version: VERSION, image }), null, 2);
    return output.document(sarif);
  }
  if (format === "json" || json === true) {
    return output.document(JSON.stringify({ image, ...report }));
  }
  const rows = report.findings.map(({ level, rule, path, layer, message, bytes }) => [
    level,
    rule,
    path === undefined ? "" : formatPath(path),
    layer === undefined ? "" : `#${layer}`,
    bytes === undefined ? message : `${message} (${formatBytes(bytes)})`,
  ]);
  for (const line of formatTable(rows)) output.result(line, line);
  const waste = report.wastedBytes === 0 ? "" : `, ${formatBytes(report.wastedBytes)} wasted`;
  output.result(rows.length === 0 ? "nothing found" : `${count(report.findings)}${waste}`, report);
}

function count(findings: readonly LintFinding[]): string {
  const levels = ["error", "warning", "note"] as const;
  return levels.flatMap((level) => {
    const number = findings.filter((found) => found.level === level).length;
    return number === 0 ? [] : [`${number} ${level}${number === 1 ? "" : "s"}`];
  }).join(", ");
}

function listRules({ output }: Session): void {
  const rules = Object.entries(LINT_RULES).map(([id, rule]) => ({ id, ...rule }));
  const rows = rules.map(({ id, level, brief }) => [id, level, brief]);
  for (const [index, line] of formatTable(rows).entries()) output.result(line, rules[index]);
}

function parseRule(text: string): LintRuleId {
  if (isLintRule(text)) return text;
  throw new SyntaxError(`Cannot ignore the rule "${text}": "davit lint --rules" lists them`);
}
