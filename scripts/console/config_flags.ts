import type { FlagParametersForType, TypedFlagParameter } from "@stricli/core";
import type { ConfigChanges, NamedChanges } from "../../lib/image/configure.ts";
import type { Healthcheck } from "../../lib/oci/config.ts";
import { parsePlatform, type Platform } from "../../lib/oci/platform.ts";
import { present } from "../../lib/oci/present.ts";
import { parseCommaList, parsePair, parsePairs } from "./comma_list.ts";
import type { Context } from "./context.ts";
import { parseDuration } from "./duration.ts";
import { parseTime } from "./time.ts";

type Pairs = readonly (readonly [key: string, value: string])[];

/** The flags that change what a container starts as. */
export interface ConfigFlags {
  readonly label?: readonly Pairs[];
  readonly env?: Pairs;
  readonly entrypoint?: readonly (readonly string[])[];
  readonly cmd?: readonly (readonly string[])[];
  readonly user?: string;
  readonly workdir?: string;
  readonly exposedPorts?: readonly (readonly string[])[];
  readonly volume?: readonly string[];
  readonly stopSignal?: string;
  readonly healthCmd?: string;
  readonly healthInterval?: number;
  readonly healthTimeout?: number;
  readonly healthStartPeriod?: number;
  readonly healthRetries?: number;
  readonly noHealthcheck?: boolean;
  readonly created?: string;
  readonly author?: string;
  readonly setPlatform?: Platform;
  readonly removeLabel?: readonly string[];
  readonly removeEnv?: readonly string[];
  readonly removePort?: readonly string[];
  readonly removeVolume?: readonly string[];
  readonly clear?: readonly string[];
}

function words(
  brief: string,
  placeholder = "TEXT",
): TypedFlagParameter<string | undefined, Context> {
  return { kind: "parsed", brief, placeholder, parse: String, optional: true };
}

function lists<T>(
  brief: string,
  placeholder: string,
  parse: (text: string) => T,
): TypedFlagParameter<readonly T[] | undefined, Context> {
  return { kind: "parsed", brief, placeholder, parse, optional: true, variadic: true };
}

function duration(brief: string): TypedFlagParameter<number | undefined, Context> {
  return { kind: "parsed", brief, placeholder: "TIME", parse: parseDuration, optional: true };
}

/** {@linkcode ConfigFlags}, for a command's parameters. */
export const CONFIG_FLAGS: FlagParametersForType<ConfigFlags, Context> = {
  label: lists("Label to set", "KEY=VALUE", parsePairs),
  env: lists("Variable to set, in the place of the old one", "NAME=VALUE", parsePair),
  entrypoint: lists("Entrypoint, and no cmd any more unless given", "WORD,...", parseCommaList),
  cmd: lists("Command, or arguments of the entrypoint", "WORD,...", parseCommaList),
  user: words("User to run as", "USER[:GROUP]"),
  workdir: words("Directory to start in", "PATH"),
  exposedPorts: lists("Ports to expose, instead of the old ones", "PORT[/udp],...", parseCommaList),
  volume: lists("Mount point to add", "PATH", String),
  stopSignal: words("Signal that stops the container", "SIGNAL"),
  healthCmd: words("Command line that tells whether the container works", "LINE"),
  healthInterval: duration("Between two checks, such as 30s"),
  healthTimeout: duration("For one check"),
  healthStartPeriod: duration("In which failures do not count"),
  healthRetries: {
    kind: "parsed",
    brief: "Failures in a row that make it unhealthy",
    placeholder: "N",
    parse: parseRetries,
    optional: true,
  },
  noHealthcheck: {
    kind: "boolean",
    brief: "Switch off the health check of the base",
    optional: true,
    withNegated: false,
  },
  created: {
    kind: "parsed",
    brief: "When the image was made: RFC 3339, or seconds since 1970",
    placeholder: "TIME",
    parse: (text: string) => parseTime(text).text,
    optional: true,
  },
  author: words("Who made the image"),
  setPlatform: {
    kind: "parsed",
    brief: "What the image runs on: os/arch[/variant][:osversion]",
    placeholder: "PLATFORM",
    parse: parsePlatform,
    optional: true,
  },
  removeLabel: lists("Label to take away", "KEY", String),
  removeEnv: lists("Variable to take away", "NAME", String),
  removePort: lists("Port to expose no longer", "PORT[/udp]", String),
  removeVolume: lists("Mount point to take away", "PATH", String),
  clear: {
    kind: "parsed",
    brief: "Field to take away, before other flags set it anew",
    placeholder: "FIELD",
    parse: parseClearable,
    optional: true,
    variadic: ",",
  },
};

/**
 * What the flags ask for, one after the other: what is cleared goes first, so that it can be set
 * anew.
 */
export function configChanges(flags: ConfigFlags): readonly ConfigChanges[] {
  const cleared = clearedBy(flags);
  const { user, workdir: workingDir, stopSignal, created, author, setPlatform: platform } = flags;
  const changes: ConfigChanges = present({
    user,
    workingDir,
    stopSignal,
    created,
    author,
    platform,
    entrypoint: command(flags.entrypoint),
    cmd: command(flags.cmd),
    env: named(flags.env, flags.removeEnv),
    labels: named(flags.label?.flat(), flags.removeLabel),
    exposedPorts: flags.exposedPorts?.flat(),
    removedPorts: flags.removePort,
    volumes: flags.volume,
    removedVolumes: flags.removeVolume,
    healthcheck: healthcheck(flags),
  });
  return [cleared, changes].filter((change) => Object.keys(change).length > 0);
}

/** Names with new values, and those that go. */
export function named(
  pairs: Pairs | undefined,
  removed: readonly string[] | undefined,
): NamedChanges | undefined {
  if (pairs === undefined && removed === undefined) return undefined;
  return Object.fromEntries([...(removed ?? []).map((name) => [name, null]), ...pairs ?? []]);
}

/** What `--clear` takes away as a whole. */
const CLEARED: Readonly<Record<string, ConfigChanges>> = {
  "annotations": {},
  "author": { author: null },
  "cmd": { cmd: null },
  "created": { created: null },
  "entrypoint": { entrypoint: null },
  "env": { env: null },
  "healthcheck": { healthcheck: null },
  "labels": { labels: null },
  "ports": { exposedPorts: null },
  "stop-signal": { stopSignal: null },
  "user": { user: null },
  "volumes": { volumes: null },
  "workdir": { workingDir: null },
};

function clearedBy({ clear = [], exposedPorts }: ConfigFlags): ConfigChanges {
  const changes = clear.map((name) => CLEARED[name] ?? {});
  const ports = exposedPorts === undefined ? {} : { exposedPorts: null };
  return Object.assign({}, ports, ...changes);
}

/** A command of no words is none: `--entrypoint ""`, as docker takes it. */
function command(lists: ConfigFlags["cmd"]): readonly string[] | null | undefined {
  const words = lists?.flat();
  return words?.length === 0 ? null : words;
}

function healthcheck(flags: ConfigFlags): Healthcheck | undefined {
  const { healthCmd, noHealthcheck = false } = flags;
  const check = present({
    Test: noHealthcheck ? ["NONE"] : healthCmd === undefined ? undefined : ["CMD-SHELL", healthCmd],
    Interval: flags.healthInterval,
    Timeout: flags.healthTimeout,
    StartPeriod: flags.healthStartPeriod,
    Retries: flags.healthRetries,
  });
  return Object.keys(check).length === 0 ? undefined : check;
}

function parseClearable(text: string): string {
  if (Object.hasOwn(CLEARED, text)) return text;
  const fields = Object.keys(CLEARED).join(", ");
  throw new SyntaxError(`Cannot clear "${text}": expected one of ${fields}`);
}

function parseRetries(text: string): number {
  if (/^\d{1,6}$/.test(text)) return Number(text);
  throw new SyntaxError(`Cannot retry "${text}" times: expected a whole number`);
}
