import type { FlagParametersForType } from "@stricli/core";
import type { Compression } from "../../lib/oci/media_type.ts";
import type { Context } from "./context.ts";

/** How hard new layers are compressed. */
export interface LevelFlags {
  /** From 1, fastest, to 9, smallest. */
  readonly level?: number;
  /** How many workers compress. */
  readonly workers?: number;
}

/** How new layers are compressed. */
export interface CompressionFlags extends LevelFlags {
  /** The form; gzip unless said. */
  readonly compression?: Compression;
}

/** The flags of {@linkcode LevelFlags}, for a command's parameters. */
export const LEVEL_FLAGS: FlagParametersForType<LevelFlags, Context> = {
  level: {
    kind: "parsed",
    brief: "From 1, fastest, to 9, smallest (6 unless said; zstd 3)",
    placeholder: "1-9",
    parse: parseLevel,
    optional: true,
  },
  workers: {
    kind: "parsed",
    brief: "Workers that compress (one a core unless said); the result is the same",
    placeholder: "N",
    parse: parseWorkers,
    optional: true,
  },
};

/** The flags of {@linkcode CompressionFlags}, for a command's parameters. */
export const COMPRESSION_FLAGS: FlagParametersForType<CompressionFlags, Context> = {
  compression: {
    kind: "enum",
    values: ["gzip", "zstd", "none"],
    brief: "How new layers are compressed (gzip unless said)",
    optional: true,
  },
  ...LEVEL_FLAGS,
};

function parseLevel(text: string): number {
  if (/^[1-9]$/.test(text)) return Number(text);
  throw new SyntaxError(`Cannot compress at level "${text}": expected 1 to 9`);
}

function parseWorkers(text: string): number {
  if (/^\d{1,2}$/.test(text)) return Number(text);
  throw new SyntaxError(`Cannot use "${text}" workers: expected 0 to 99`);
}
