import type { Context } from "./context.ts";

/** The folder that snapshots are kept in unless it is said: the user's data, as XDG has it. */
export function snapshotFolder({ env }: Context): string {
  const data = env("XDG_DATA_HOME") || `${env("HOME") ?? "."}/.local/share`;
  return `${data}/davit/snapshots`;
}

/** The directory of a snapshot: one of the folder by its name, any other by a path. */
export function snapshotDirectory(context: Context, text: string): string {
  return text.includes("/") || text === "." || text === ".."
    ? text
    : `${snapshotFolder(context)}/${text}`;
}
