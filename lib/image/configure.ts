import { type History, parseConfig } from "../oci/config.ts";
import { appendJson, removeJson, setJson } from "../oci/json.ts";
import type { Annotations } from "../oci/annotations.ts";
import { editImage } from "./edit_image.ts";
import type { Image } from "./image.ts";

/**
 * What a container made from the image starts as. Only what is named changes.
 *
 * @see {@link https://github.com/opencontainers/image-spec/blob/main/config.md image-spec, config}
 */
export interface ConfigChanges {
  /** The command's first words. Clears an inherited `cmd` unless that is given too. */
  readonly entrypoint?: readonly string[];
  /** The command, or its arguments behind an entrypoint. */
  readonly cmd?: readonly string[];
  /** Variables, merged: an existing one is replaced in its place. */
  readonly env?: Readonly<Record<string, string>>;
  /** User, and group after a colon: `1000:1000`, `nobody`. */
  readonly user?: string;
  /** Directory in which the command starts. */
  readonly workingDir?: string;
  /** Labels, merged. */
  readonly labels?: Readonly<Record<string, string>>;
  /** Ports, merged: `8080`, `53/udp`. */
  readonly exposedPorts?: readonly string[];
  /** Mount points, merged. */
  readonly volumes?: readonly string[];
  /** Signal that stops the container: `SIGTERM`. */
  readonly stopSignal?: string;
  /** When the image was made, as RFC 3339. */
  readonly created?: string;
  /** Who made it. */
  readonly author?: string;
  /** History entries without a layer. */
  readonly history?: readonly History[];
}

/**
 * Changes what a container starts as; layers stay as they are.
 *
 * @example
 * ```ts
 * import { configureImage, emptyImage } from "@davit/davit/image";
 *
 * const image = configureImage(emptyImage(), { entrypoint: ["/app"], env: { PORT: "8080" } });
 * const config = JSON.parse(new TextDecoder().decode(await image.config()));
 * console.assert(config.config.Env[0] === "PORT=8080");
 * ```
 */
export function configureImage(base: Image, changes: ConfigChanges): Image {
  const { history = [] } = changes;
  return editImage(base, { history, config: (text) => changeConfig(text, changes) });
}

/** Adds annotations to an image's manifest; a key that is there gets the new value. */
export function annotateImage(base: Image, annotations: Annotations): Image {
  return editImage(base, {
    manifest: (text) =>
      Object.entries(annotations).reduce(
        (edited, [key, value]) => setJson(edited, ["annotations", key], value),
        text,
      ),
  });
}

function changeConfig(text: string, changes: ConfigChanges): string {
  const { created, author, entrypoint, cmd, env, user, workingDir, stopSignal } = changes;
  if (created !== undefined) text = setJson(text, ["created"], created);
  if (author !== undefined) text = setJson(text, ["author"], author);
  if (entrypoint !== undefined) {
    text = setJson(text, ["config", "Entrypoint"], entrypoint);
    text = removeJson(text, ["config", "Cmd"]);
  }
  if (cmd !== undefined) text = setJson(text, ["config", "Cmd"], cmd);
  if (user !== undefined) text = setJson(text, ["config", "User"], user);
  if (workingDir !== undefined) text = setJson(text, ["config", "WorkingDir"], workingDir);
  if (stopSignal !== undefined) text = setJson(text, ["config", "StopSignal"], stopSignal);
  for (const [name, value] of Object.entries(env ?? {})) text = setVariable(text, name, value);
  for (const [key, value] of Object.entries(changes.labels ?? {})) {
    text = setJson(text, ["config", "Labels", key], value);
  }
  for (const port of changes.exposedPorts ?? []) {
    text = setJson(text, ["config", "ExposedPorts", parsePort(port)], {});
  }
  for (const volume of changes.volumes ?? []) {
    text = setJson(text, ["config", "Volumes", volume], {});
  }
  return text;
}

function setVariable(text: string, name: string, value: string): string {
  if (name === "" || name.includes("=")) {
    throw new SyntaxError(
      `Cannot set the variable "${name}": expected a name without "=", got that`,
    );
  }
  const { config } = parseConfig(new TextEncoder().encode(text));
  const position = (config?.Env ?? []).findIndex((entry) => entry.split("=", 1)[0] === name);
  const entry = `${name}=${value}`;
  return position < 0
    ? appendJson(text, ["config", "Env"], entry)
    : setJson(text, ["config", "Env", position], entry);
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
