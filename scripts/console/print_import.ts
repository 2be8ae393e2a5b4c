import type { NodeOutcome } from "../../lib/errors.ts";
import { formatBytes } from "./format_bytes.ts";
import type { Output } from "./output.ts";

/** An import that has come to its end. */
export interface ImportReport {
  readonly cluster: string;
  readonly images: readonly { readonly names: readonly string[] }[];
  readonly nodes: readonly NodeOutcome[];
}

/** Prints what came to a cluster, and what every node was sent. */
export function printImport(output: Output, { cluster, images, nodes }: ImportReport): void {
  const outcomes = nodes.map(({ node, sent, failure }) => (
    { node, sent, ...(failure === undefined ? {} : { failure: messageOf(failure) }) }
  ));
  const hasFailed = outcomes.some((outcome) => "failure" in outcome);
  for (const { names } of images) {
    const data = { cluster, names, nodes: outcomes };
    output.result(hasFailed ? `${names.join(" ")} (not everywhere)` : names.join(" "), data);
  }
  const sent = outcomes.map(({ node, sent, failure }) =>
    `${node} ${failure === undefined ? formatBytes(sent) : "failed"}`
  );
  output.note(`Sent to ${sent.join(", ")}`);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
