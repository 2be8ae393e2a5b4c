import type { SyncReport, SyncResult } from "../../lib/sync/run_sync.ts";
import { formatBytes } from "./format_bytes.ts";

/** What a dry run says in place of what was done. */
const PLANS: Readonly<Partial<Record<SyncResult["outcome"], string>>> = {
  copied: "would copy",
  deleted: "would delete",
};

/** How many names stand for the many that failed in one way. */
const MAX_NAMES = 3;

/** Options of {@linkcode SyncLines}. */
export interface SyncLinesOptions {
  /** Whether there is a line for each image, whatever came of it. */
  readonly verbose: boolean;
  /** Whether nothing is done. */
  readonly dryRun: boolean;
}

/** Says in lines what came of a sync: a registry that is down is told of once, not for each tag. */
export class SyncLines {
  readonly #options: SyncLinesOptions;
  readonly #alike = new Map<string, SyncResult[]>();

  /** @param options How much is told, and of what. */
  constructor(options: SyncLinesOptions) {
    this.#options = options;
  }

  /** A line for what came of one image; none for what is no news. */
  of(result: SyncResult): string | undefined {
    const { outcome, bytes = 0, reason } = result;
    const { verbose, dryRun } = this.#options;
    if (!verbose && (outcome === "unchanged" || this.#isToldOf(result))) return undefined;
    const word = dryRun ? (PLANS[outcome] ?? outcome).padEnd(12) : outcome.padEnd(9);
    const more = reason ?? (outcome === "copied" ? formatBytes(bytes) : "");
    return `${word} ${nameOf(result)}${more === "" ? "" : `: ${more}`}`;
  }

  /** What came of all. */
  sum({ totals, bytes }: SyncReport): string {
    const { copied, unchanged, deleted, failed } = totals;
    const size = formatBytes(bytes);
    const counts = this.#options.dryRun
      ? `dry run: would copy ${copied} (${size}), delete ${deleted}; ${unchanged} unchanged, ` +
        `${failed} failed`
      : `${copied} copied (${size}), ${unchanged} unchanged, ${deleted} deleted, ${failed} failed`;
    return [...this.#others(), counts].join("\n");
  }

  /** Whether another image failed in the same way, but for the path within the same registry. */
  #isToldOf(result: SyncResult): boolean {
    if (result.reason === undefined) return false;
    const way = result.reason.replace(/\w+ "(https?:\/\/[^/"]+)[^"]*"/g, "$1");
    const alike = this.#alike.get(way) ?? [];
    this.#alike.set(way, [...alike, result]);
    return alike.length > 0;
  }

  #others(): readonly string[] {
    return [...this.#alike.values()].flatMap(([first, ...others]) => {
      if (first === undefined || others.length === 0) return [];
      const names = others.slice(0, MAX_NAMES).map(nameOf).join(", ");
      const rest = others.length > MAX_NAMES ? ", …; --verbose names all" : "";
      return `failed in the same way as ${nameOf(first)}: ${others.length} more: ${names}${rest}`;
    });
  }
}

function nameOf({ from, to }: SyncResult): string {
  return from === undefined ? to : `${from} -> ${to}`;
}
