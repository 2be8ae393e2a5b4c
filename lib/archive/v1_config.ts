import { encodeGoJson } from "../oci/go_json.ts";
import { formatGoMap, formatGoStruct, formatGoText, type GoMember } from "./go_object.ts";
import { isJsonObject } from "./json_object.ts";

/** How Go writes one kind of field; `undefined` for its zero value, which is left out. */
type GoKind = (value: unknown) => string | undefined;

const flag: GoKind = (value) => value === true ? "true" : undefined;
const number: GoKind = (value) =>
  typeof value === "number" && value !== 0 ? String(value) : undefined;
const list: GoKind = (value) =>
  Array.isArray(value) && value.length > 0 ? encodeGoJson(value) : undefined;

const HEALTH_FIELDS: readonly (readonly [string, GoKind])[] = [
  ["Test", list],
  ["Interval", number],
  ["Timeout", number],
  ["StartPeriod", number],
  ["Retries", number],
];

/** The fields of a container config in the order of go-containerregistry's `v1.Config`. */
const CONFIG_FIELDS: readonly (readonly [string, GoKind])[] = [
  ["AttachStderr", flag],
  ["AttachStdin", flag],
  ["AttachStdout", flag],
  ["Cmd", list],
  ["Healthcheck", health],
  ["Domainname", formatGoText],
  ["Entrypoint", list],
  ["Env", list],
  ["Hostname", formatGoText],
  ["Image", formatGoText],
  ["Labels", stringMap],
  ["OnBuild", list],
  ["OpenStdin", flag],
  ["StdinOnce", flag],
  ["Tty", flag],
  ["User", formatGoText],
  ["Volumes", set],
  ["WorkingDir", formatGoText],
  ["ExposedPorts", set],
  ["ArgsEscaped", flag],
  ["NetworkDisabled", flag],
  ["MacAddress", formatGoText],
  ["StopSignal", formatGoText],
  ["Shell", list],
];

/** Writes a container config as the `json` file of a v1 layer has it: known fields, zeros left out. */
export function formatV1Config(config: unknown): string {
  return formatGoStruct(members(config, CONFIG_FIELDS));
}

function members(value: unknown, fields: readonly (readonly [string, GoKind])[]): GoMember[] {
  const object = isJsonObject(value) ? value : {};
  return fields.map(([name, format]) => [name, format(object[name])]);
}

function health(value: unknown): string | undefined {
  return isJsonObject(value) ? formatGoStruct(members(value, HEALTH_FIELDS)) : undefined;
}

function stringMap(value: unknown): string | undefined {
  const entries = isJsonObject(value) ? Object.entries(value) : [];
  if (entries.length === 0) return undefined;
  return formatGoMap(entries.map(([name, item]) => [name, encodeGoJson(item)]));
}

function set(value: unknown): string | undefined {
  const names = isJsonObject(value) ? Object.keys(value) : [];
  if (names.length === 0) return undefined;
  return formatGoMap(names.map((name) => [name, "{}"]));
}
