import { parseConfig } from "../oci/config.ts";
import { appendJson, type JsonPath, removeJson, setJson } from "../oci/json.ts";
import type { Platform } from "../oci/platform.ts";
import type { ConfigChanges, NamedChanges } from "./configure.ts";

/** Changes in a config's JSON text what is named, and no other byte. */
export function changeConfig(text: string, changes: ConfigChanges): string {
  const { entrypoint, cmd, healthcheck, platform } = changes;
  if (platform !== undefined) text = setPlatform(text, platform);
  text = setOrRemove(text, ["created"], changes.created);
  text = setOrRemove(text, ["author"], changes.author);
  text = setOrRemove(text, ["config", "Entrypoint"], entrypoint);
  if (entrypoint !== undefined && entrypoint !== null) text = removeJson(text, ["config", "Cmd"]);
  text = setOrRemove(text, ["config", "Cmd"], cmd);
  text = setOrRemove(text, ["config", "User"], changes.user);
  text = setOrRemove(text, ["config", "WorkingDir"], changes.workingDir);
  text = setOrRemove(text, ["config", "StopSignal"], changes.stopSignal);
  text = changeVariables(text, changes.env);
  text = changeLabels(text, changes.labels);
  text = changeSet(
    text,
    "ExposedPorts",
    changes.exposedPorts?.map(parsePort) ?? changes.exposedPorts,
  );
  for (const port of changes.removedPorts ?? []) {
    text = removeJson(text, ["config", "ExposedPorts", parsePort(port)]);
  }
  text = changeSet(text, "Volumes", changes.volumes);
  for (const volume of changes.removedVolumes ?? []) {
    text = removeJson(text, ["config", "Volumes", volume]);
  }
  if (healthcheck === null) return removeJson(text, ["config", "Healthcheck"]);
  return Object.entries(healthcheck ?? {}).reduce(
    (edited, [key, value]) => setJson(edited, ["config", "Healthcheck", key], value),
    text,
  );
}

/** Sets a value, takes it away when it is `null`, leaves it when there is none. */
export function setOrRemove(text: string, path: JsonPath, value: unknown): string {
  if (value === undefined) return text;
  return value === null ? removeJson(text, path) : setJson(text, path, value);
}

function setPlatform(text: string, platform: Platform): string {
  for (const field of ["os", "architecture", "variant", "os.version"] as const) {
    text = setOrRemove(text, [field], platform[field] ?? null);
  }
  return text;
}

function changeLabels(text: string, labels: NamedChanges | null | undefined): string {
  if (labels === null) return removeJson(text, ["config", "Labels"]);
  return Object.entries(labels ?? {}).reduce(
    (edited, [key, value]) => setOrRemove(edited, ["config", "Labels", key], value),
    text,
  );
}

function changeSet(text: string, name: string, keys: readonly string[] | null | undefined): string {
  if (keys === null) return removeJson(text, ["config", name]);
  return (keys ?? []).reduce((edited, key) => setJson(edited, ["config", name, key], {}), text);
}

function changeVariables(text: string, variables: NamedChanges | null | undefined): string {
  if (variables === null) return removeJson(text, ["config", "Env"]);
  return Object.entries(variables ?? {}).reduce(
    (edited, [name, value]) => changeVariable(edited, name, value),
    text,
  );
}

function changeVariable(text: string, name: string, value: string | null): string {
  if (name === "" || name.includes("=")) {
    throw new SyntaxError(
      `Cannot set the variable "${name}": expected a name without "=", got that`,
    );
  }
  const { os, config } = parseConfig(new TextEncoder().encode(text));
  const known = (entry: string): string => os === "windows" ? entry.toUpperCase() : entry;
  const position = (config?.Env ?? []).findIndex((entry) =>
    known(entry.split("=", 1)[0] ?? "") === known(name)
  );
  if (value === null) {
    if (position < 0) return text;
    return changeVariable(removeJson(text, ["config", "Env", position]), name, null);
  }
  if (position < 0) return appendJson(text, ["config", "Env"], `${known(name)}=${value}`);
  const spelled = config?.Env?.[position]?.split("=", 1)[0] ?? name;
  return setJson(text, ["config", "Env", position], `${spelled}=${value}`);
}

function parsePort(text: string): string {
  const [, port, protocol = "tcp"] = /^(\d{1,5})(?:\/(tcp|udp|sctp))?$/.exec(text) ?? [];
  if (port === undefined || Number(port) > 65535 || Number(port) === 0) {
    throw new SyntaxError(
      `Cannot expose the port "${text}": expected 1 to 65535, with "/tcp", "/udp" or "/sctp"`,
    );
  }
  return `${port}/${protocol}`;
}
