import type { RegistryEvent } from "../../lib/server/create_registry.ts";
import type { GarbageReport } from "../../lib/server/garbage.ts";
import type { TextStream } from "./context.ts";

/** Writes what a registry did as one JSON object a line, with the time it was answered at. */
export function requestLog(stream: TextStream): (event: RegistryEvent) => void {
  return ({ error, milliseconds, ...event }) => {
    const line = {
      time: new Date().toISOString(),
      ...event,
      milliseconds: Math.round(milliseconds * 1000) / 1000,
      ...(error === undefined ? {} : { error: String(error) }),
    };
    stream.write(`${JSON.stringify(line)}\n`);
  };
}

/** Writes what became of garbage as one JSON object a line, unless there was none. */
export function garbageLog(
  stream: TextStream,
): (outcome: GarbageReport | { readonly error: unknown }) => void {
  return (outcome) => {
    const line = "error" in outcome
      ? { error: String(outcome.error) }
      : { removed: outcome.removed.length, bytes: bytesOf(outcome), skipped: outcome.skipped };
    if ("removed" in line && line.removed === 0 && line.skipped.length === 0) return;
    stream.write(`${JSON.stringify({ time: new Date().toISOString(), gc: true, ...line })}\n`);
  };
}

function bytesOf({ removed }: GarbageReport): number {
  return removed.reduce((sum, { size }) => sum + size, 0);
}
