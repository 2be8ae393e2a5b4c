import type { CycleTimes, DevEvent } from "../../lib/dev/event.ts";
import { RolloutError } from "../../lib/kubernetes/rollout_error.ts";
import { describeError } from "./describe_error.ts";
import { formatBytes } from "./format_bytes.ts";
import type { Output } from "./output.ts";

/** How a command tells what happens while images are run. */
export interface DevReportFlags {
  /** Events as JSON lines. */
  readonly json?: boolean;
  /** Errors name their causes. */
  readonly verbose?: boolean;
}

/** Tells the user what happens: the lines of containers are data, all else is not. */
export function reportEvent(
  event: DevEvent,
  output: Output,
  { json = false, verbose = false }: DevReportFlags,
): void {
  if (event.kind === "failed") return reportFailure(event.error, output, { json, verbose });
  if (json) return output.document(JSON.stringify(event));
  if (event.kind === "log") {
    return output.document(`${event.pod} ${event.container} | ${event.line}`);
  }
  output.note(describe(event));
}

/** Tells why something did not become ready, with what the cluster and the container said. */
export function explainRollout(error: unknown, output: Output): void {
  if (!(error instanceof RolloutError)) return;
  if (error.events.length > 0) output.note("The cluster says:");
  for (const line of error.events) output.note(`  ${line}`);
  if (error.logs.length > 0) output.note("The last lines of the container:");
  for (const line of error.logs) output.note(`  ${line}`);
}

function reportFailure(
  error: unknown,
  output: Output,
  flags: { readonly json: boolean; readonly verbose: boolean },
): void {
  const text = describeError(error, flags);
  if (!flags.json) {
    output.note(text);
    return explainRollout(error, output);
  }
  const { events, logs } = error instanceof RolloutError ? error : { events: [], logs: [] };
  output.document(JSON.stringify({ ...JSON.parse(text), kind: "failed", events, logs }));
}

type Told = Exclude<DevEvent, { readonly kind: "failed" | "log" }>;

function describe(event: Told): string {
  switch (event.kind) {
    case "built":
      return `Built ${event.image}: ${event.rebuilt} of ${event.layers} layers read`;
    case "imported":
      return `Sent ${
        event.nodes.map(({ node, sent }) => `${formatBytes(sent)} to ${node}`).join(", ")
      }`;
    case "applied":
      return `Applied ${event.objects.join(", ")}`;
    case "rolling":
      return `Rolling out ${event.workloads.join(", ")}`;
    case "ready":
      return `Ready: ${event.workloads.join(", ") || "nothing uses it"}; ${
        describeTimes(event.times)
      }`;
    case "unchanged":
      return "The image has not changed";
    case "removed":
      return `Removed ${event.images.length} old ${event.images.length === 1 ? "image" : "images"}`;
    case "watching":
      return `Waiting for changes in ${event.inputs.length} places`;
    case "changed":
      return `Changed: ${event.paths.slice(0, 3).join(", ")}${
        event.paths.length > 3 ? ", ..." : ""
      }`;
  }
}

function describeTimes({ build, import: importing, rollout, ready, total }: CycleTimes): string {
  const parts = { build, import: importing, rollout, ready };
  const told = Object.entries(parts).map(([name, time]) => `${name} ${seconds(time)}`);
  return `${seconds(total)} (${told.join(", ")})`;
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(2)} s`;
}
