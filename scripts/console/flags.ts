import type { FlagParametersForType, TypedFlagParameter } from "@stricli/core";
import { parsePlatform, type Platform } from "../../lib/oci/platform.ts";
import type { Context } from "./context.ts";

/** Pieces are held in memory. */
const MAX_CHUNK_BYTES = 256 * 1024 * 1024;

/** The flags of every command that may speak to registries. */
export interface AccountFlags {
  /** Plain http, and certificates that nobody vouches for, are accepted. */
  readonly insecure?: boolean;
  /** Files with the certificates of authorities that are trusted besides. */
  readonly ca?: readonly string[];
  /** How long a server may be silent, in seconds. */
  readonly timeout?: number;
  /** The file that says where registries' images are read from. */
  readonly registriesConfig?: string;
  /** Results and progress as JSON lines. */
  readonly json?: boolean;
  /** Errors name their causes, and credentials their source. */
  readonly verbose?: boolean;
}

/** The flags of every command that opens places. */
export interface CommonFlags extends AccountFlags {
  /** Who is asking the registry that the command names; never part of a message. */
  readonly creds?: string;
}

/** The flags of commands that read from one registry and write to another. */
export interface SideFlags {
  /** Who is asking the registry that is read from. */
  readonly srcCreds?: string;
  /** Who is asking the registry that is written to. */
  readonly dstCreds?: string;
}

/** The flags of commands that may mean one platform's image of an index. */
export interface PlatformFlags extends CommonFlags {
  /** The platform, or all there are. */
  readonly platform?: Platform | "all";
}

/** The flags of commands that move images. */
export interface TransferFlags extends PlatformFlags {
  /** How many transfers run at once. */
  readonly jobs?: number;
  /** The bytes of a piece of an upload. */
  readonly chunkSize?: number;
  /** Layers go along that are left where their URLs say otherwise. */
  readonly allowNondistributableArtifacts?: boolean;
}

/** {@linkcode AccountFlags}, for the parameters of a command that has credentials of its own. */
export const ACCOUNT_FLAGS: FlagParametersForType<AccountFlags, Context> = {
  insecure: {
    kind: "boolean",
    brief: "Allow plain http and unverified TLS certificates",
    optional: true,
    withNegated: false,
  },
  ca: {
    kind: "parsed",
    brief: "Authorities to trust, in PEM, besides certs.d",
    placeholder: "FILE",
    parse: String,
    variadic: true,
    optional: true,
  },
  timeout: {
    kind: "parsed",
    brief: "Silence that ends a request (60 for an answer, 30 in a body unless said)",
    placeholder: "SECONDS",
    parse: parseTimeout,
    optional: true,
  },
  registriesConfig: {
    kind: "parsed",
    brief: "Mirrors to read from (~/.config/davit/registries.yaml unless said)",
    placeholder: "FILE",
    parse: String,
    optional: true,
  },
  json: {
    kind: "boolean",
    brief: "Print results and progress as JSON lines",
    optional: true,
    withNegated: false,
  },
  verbose: {
    kind: "boolean",
    brief: "Name the causes of a failure, and where credentials came from",
    optional: true,
    withNegated: false,
  },
};

/** {@linkcode CommonFlags}, for a command's parameters. */
export const COMMON_FLAGS: FlagParametersForType<CommonFlags, Context> = {
  creds: credentialFlag("Sign in with these, not stored ones; what is missing comes from stdin"),
  ...ACCOUNT_FLAGS,
};

/** {@linkcode SideFlags}, for a command's parameters. */
export const SIDE_FLAGS: FlagParametersForType<SideFlags, Context> = {
  srcCreds: credentialFlag("As --creds, for the registry that is read"),
  dstCreds: credentialFlag("As --creds, for the registry that is written to"),
};

/** {@linkcode PlatformFlags}, for a command's parameters. */
export const PLATFORM_FLAGS: FlagParametersForType<PlatformFlags, Context> = {
  platform: {
    kind: "parsed",
    brief: "One image of an index: os/arch[/variant][:osversion], or all",
    placeholder: "PLATFORM",
    parse: parseChoice,
    optional: true,
  },
  ...COMMON_FLAGS,
};

/** The flag that bounds how much happens at once. */
export const JOBS_FLAG: TypedFlagParameter<number | undefined, Context> = {
  kind: "parsed",
  brief: "Transfers at once, at most (4 unless said)",
  placeholder: "N",
  parse: parseJobs,
  optional: true,
};

/** {@linkcode TransferFlags}, for a command's parameters. */
export const TRANSFER_FLAGS: FlagParametersForType<TransferFlags, Context> = {
  jobs: JOBS_FLAG,
  chunkSize: {
    kind: "parsed",
    brief: "Upload in pieces of this size (16M), where a proxy limits requests",
    placeholder: "SIZE",
    parse: parseChunkSize,
    optional: true,
  },
  allowNondistributableArtifacts: {
    kind: "boolean",
    brief: "Copy layers too that are left where their URLs say",
    optional: true,
    withNegated: false,
  },
  ...PLATFORM_FLAGS,
};

/** The text is looked at where it is used: what the parser refuses, it shows. */
function credentialFlag(brief: string): TypedFlagParameter<string | undefined, Context> {
  return { kind: "parsed", brief, placeholder: "USER[:PASS]|-", parse: String, optional: true };
}

function parseTimeout(text: string): number {
  const seconds = Number(text);
  if (/^\d+(?:\.\d+)?$/.test(text) && seconds > 0 && seconds <= 86_400) return seconds;
  throw new SyntaxError(`Cannot wait "${text}" seconds: expected a number from 0.001 to 86400`);
}

function parseChunkSize(text: string): number {
  const [, digits = "", unit = ""] = /^(\d{1,10})([KMG]?)$/i.exec(text) ?? [];
  const size = Number(digits) * 1024 ** " KMG".indexOf(unit.toUpperCase() || " ");
  if (digits !== "" && size > 0 && size <= MAX_CHUNK_BYTES) return size;
  throw new SyntaxError(`Cannot upload in pieces of "${text}": expected bytes, up to 256M`);
}

function parseChoice(text: string): Platform | "all" {
  return text === "all" ? text : parsePlatform(text);
}

function parseJobs(text: string): number {
  if (/^[1-9]\d{0,3}$/.test(text)) return Number(text);
  throw new SyntaxError(`Cannot run "${text}" jobs at once: expected 1 to 9999`);
}
