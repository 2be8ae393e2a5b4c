import type { RegistryEvent } from "../../lib/server/create_registry.ts";
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
