import type { Outcome } from "../../lib/store/events.ts";
import type { CopyPlan } from "../../lib/store/plan_copy.ts";
import { formatBytes } from "./format_bytes.ts";
import type { Output } from "./output.ts";

/** What would be done, in the words of a plan. */
const VERBS: Readonly<Record<Outcome, string>> = {
  sent: "send",
  mounted: "mount",
  skipped: "skip",
  exists: "keep",
};

/** Prints what a copy would do, and what it comes to: with `--json` as one document. */
export function printPlan(output: Output, plan: CopyPlan, name: string): void {
  const { descriptor, transfers } = plan;
  const totals = Object.entries(VERBS).map(([outcome, verb]) => {
    const sizes = transfers.filter((transfer) => transfer.outcome === outcome)
      .map((transfer) => transfer.descriptor.size);
    return {
      outcome,
      verb,
      count: sizes.length,
      bytes: sizes.reduce((sum, size) => sum + size, 0),
    };
  });
  const lines = transfers.map(({ outcome, descriptor: { digest, size, mediaType }, names = [] }) =>
    [VERBS[outcome].padEnd(5), digest, formatBytes(size), mediaType, ...names].join(" ")
  );
  const sum = totals.filter(({ count }) => count > 0)
    .map(({ verb, count, bytes }) => `${verb} ${count} (${formatBytes(bytes)})`);
  output.result([...lines, `${name}: would ${sum.join(", ")}`].join("\n"), {
    name,
    dryRun: true,
    digest: descriptor.digest,
    transfers,
    totals: Object.fromEntries(
      totals.map(({ outcome, count, bytes }) => [outcome, { count, bytes }]),
    ),
  });
}
