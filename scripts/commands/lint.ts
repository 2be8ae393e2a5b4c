import { buildCommand, type Command } from "@stricli/core";
import type { Context } from "../console/context.ts";
import { UsageError } from "../console/exit_code.ts";
import { PLATFORM_FLAGS, type PlatformFlags } from "../console/flags.ts";
import { countFindings, printLint } from "../console/print_lint.ts";
import { Session } from "../console/session.ts";
import { formatTable } from "../console/table.ts";
import { DocumentError } from "../../lib/errors.ts";
import { selectImage } from "../../lib/image/select.ts";
import { lintImages } from "../../lib/inspect/lint.ts";
import {
  isAtLeast,
  isLintRule,
  LINT_RULES,
  type LintLevel,
  type LintRuleId,
} from "../../lib/inspect/lint_rules.ts";
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
bear out: a command that is not there, a user nobody knows. Of an index every platform's image is
looked at, or that for --platform. Exits 1 when something is found that is as bad as --fail-on.
"davit lint --rules" lists the rules.

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
    await using source = await session.open(location);
    const { ignore = [], failOn, format, json = false } = flags;
    const { platform, signal } = session;
    const chosen = platform === undefined
      ? source.view
      : await selectImage(source.view, platform, { signal });
    const reports = await lintImages(chosen, { ignore, signal });
    const image = formatLocation(location);
    printLint(session.output, reports, {
      image,
      format: format === "text" && json ? "json" : format,
    });
    if (failOn === "none") return;
    const found = reports.flatMap(({ findings }) => findings);
    const bad = found.filter(({ level }) => isAtLeast(level, failOn));
    if (bad.length === 0) return;
    throw new DocumentError(`Cannot pass "${image}": found ${countFindings(bad)}`);
  },
});

function listRules({ output }: Session): void {
  const rules = Object.entries(LINT_RULES).map(([id, rule]) => ({ id, ...rule }));
  const rows = rules.map(({ id, level, brief }) => [id, level, brief]);
  for (const [index, line] of formatTable(rows).entries()) output.result(line, rules[index]);
}

function parseRule(text: string): LintRuleId {
  if (isLintRule(text)) return text;
  throw new SyntaxError(`Cannot ignore the rule "${text}": "davit lint --rules" lists them`);
}
