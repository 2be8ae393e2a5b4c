import { formatPlatform } from "../oci/platform.ts";
import { LINT_RULES, type LintFinding, type LintRuleId } from "./lint_rules.ts";
import type { LintReport } from "./lint.ts";

/** Who says it, and of what image. */
export interface SarifOptions {
  /** The version of davit. */
  readonly version: string;
  /** The name of the image. */
  readonly image: string;
}

/**
 * Writes what was found as a SARIF document, for code-scanning services: a run for each image, of
 * several images named by their platforms.
 *
 * @see {@link https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html SARIF 2.1.0}
 */
export function toSarif(reports: readonly LintReport[], options: SarifOptions): unknown {
  return {
    "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: reports.map((report) => toRun(report, options)),
  };
}

function toRun(report: LintReport, { version, image }: SarifOptions): unknown {
  const ids = Object.keys(LINT_RULES) as LintRuleId[];
  const { digest, platform, findings } = report;
  const id = platform === undefined ? undefined : `davit lint/${formatPlatform(platform)}`;
  return {
    tool: {
      driver: {
        name: "davit",
        version,
        rules: ids.map((id) => ({
          id,
          shortDescription: { text: LINT_RULES[id].brief },
          help: { text: LINT_RULES[id].help },
          defaultConfiguration: { level: LINT_RULES[id].level },
        })),
      },
    },
    ...(id === undefined ? {} : { automationDetails: { id } }),
    artifacts: [{ location: { uri: `${encodePath(image)}` }, description: { text: digest } }],
    results: findings.map((found) => toResult(found, ids, image)),
  };
}

function toResult(found: LintFinding, ids: readonly LintRuleId[], image: string): unknown {
  const { rule, level, message, path, layer, bytes } = found;
  const uri = path === undefined ? encodePath(image) : encodePath(path.slice(1));
  return {
    ruleId: rule,
    ruleIndex: ids.indexOf(rule),
    level,
    message: { text: path === undefined ? message : `${path}: ${message}` },
    locations: [{
      physicalLocation: { artifactLocation: { uri } },
      ...(layer === undefined ? {} : {
        logicalLocations: [{
          name: `layer ${layer}`,
          fullyQualifiedName: `${image}#layer-${layer}`,
        }],
      }),
    }],
    partialFingerprints: { "davit/v1": `${rule}:${path ?? ""}:${layer ?? ""}` },
    ...(bytes === undefined ? {} : { properties: { bytes } }),
  };
}

function encodePath(path: string): string {
  return path.toWellFormed().split("/").map(encodeURIComponent).join("/");
}
