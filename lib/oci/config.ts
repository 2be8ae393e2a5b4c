import { LimitExceededError } from "../errors.ts";
import { readDigest } from "./descriptor.ts";
import type { Digest } from "./digest.ts";
import { DocumentField } from "./document_field.ts";
import { MAX_CONFIG_BYTES } from "./limits.ts";
import { present } from "./present.ts";

/**
 * How to run an image, what it runs on and what it was made of.
 *
 * @see {@link https://github.com/opencontainers/image-spec/blob/main/config.md image-spec, config}
 */
export interface ImageConfig {
  /** When the image was made, RFC 3339. */
  readonly created?: string;
  /** Who made it. */
  readonly author?: string;
  /** GOARCH; empty when the document does not say. */
  readonly architecture: string;
  /** GOOS; empty when the document does not say. */
  readonly os: string;
  /** Operating-system version, for Windows. */
  readonly "os.version"?: string;
  /** Required features of the operating system. */
  readonly "os.features"?: readonly string[];
  /** CPU variant. */
  readonly variant?: string;
  /** Defaults of a container. */
  readonly config?: ContainerConfig;
  /** The layers, uncompressed. */
  readonly rootfs: RootFs;
  /** How each layer came to be, base first. */
  readonly history?: readonly History[];
}

/** What a container gets unless told otherwise, with the names of the JSON document. */
export interface ContainerConfig {
  /** `user[:group]`, as names or numbers. */
  readonly User?: string;
  /** `port[/protocol]`, as the keys of a set. */
  readonly ExposedPorts?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** `NAME=value`. */
  readonly Env?: readonly string[];
  /** The command that `Cmd` is given to. */
  readonly Entrypoint?: readonly string[];
  /** Arguments of the entrypoint, or the command. */
  readonly Cmd?: readonly string[];
  /** Directories that hold data, as the keys of a set. */
  readonly Volumes?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** The working directory. */
  readonly WorkingDir?: string;
  /** Metadata of containers. */
  readonly Labels?: Readonly<Record<string, string>>;
  /** The signal that asks the process to exit: `SIGTERM`. */
  readonly StopSignal?: string;
  /** Docker: how to find out whether the container works. */
  readonly Healthcheck?: Healthcheck;
  /** Docker: the shell of commands in shell form. */
  readonly Shell?: readonly string[];
  /** Docker: instructions for a build on top of this image. */
  readonly OnBuild?: readonly string[];
  /** Docker, Windows: the command line is escaped already. */
  readonly ArgsEscaped?: boolean;
}

/** Docker's way to find out whether a container works; times are in nanoseconds. */
export interface Healthcheck {
  /** `CMD` and arguments, `CMD-SHELL` and a line, or `NONE`. */
  readonly Test?: readonly string[];
  /** Between two checks. */
  readonly Interval?: number;
  /** For one check. */
  readonly Timeout?: number;
  /** In which failures do not count. */
  readonly StartPeriod?: number;
  /** Between two checks while starting. */
  readonly StartInterval?: number;
  /** Failures in a row that make the container unhealthy. */
  readonly Retries?: number;
}

/** The layers of an image by their uncompressed digests. */
export interface RootFs {
  /** The only kind there is. */
  readonly type: "layers";
  /** Digests of the uncompressed tars, base first. */
  readonly "diff_ids": readonly Digest[];
}

/** How one layer came to be. */
export interface History {
  /** When, RFC 3339. */
  readonly created?: string;
  /** Who made it. */
  readonly author?: string;
  /** The command that made it. */
  readonly "created_by"?: string;
  /** A remark. */
  readonly comment?: string;
  /** The step changed the config only: no layer belongs to it. */
  readonly "empty_layer"?: boolean;
}

/**
 * Reads an image config. Unknown members are passed over and null counts as absent, for
 * `diff_ids` as none.
 *
 * @throws {DocumentError} When the document breaks its format.
 * @throws {LimitExceededError} Beyond `MAX_CONFIG_BYTES` or `MAX_LIST_ITEMS`.
 * @example
 * ```ts
 * import { parseConfig } from "@davit/davit/oci";
 *
 * const text = '{"os": "linux", "rootfs": {"type": "layers", "diff_ids": []}, "history": null}';
 * const config = parseConfig(new TextEncoder().encode(text));
 * console.assert(config.os === "linux" && config.history === undefined);
 * ```
 */
export function parseConfig(bytes: Uint8Array): ImageConfig {
  if (bytes.length > MAX_CONFIG_BYTES) {
    throw new LimitExceededError(`config of ${bytes.length} bytes`, MAX_CONFIG_BYTES);
  }
  const root = DocumentField.parse("config", bytes);
  return present({
    created: readString(root, "created"),
    author: readString(root, "author"),
    architecture: readString(root, "architecture") ?? "",
    os: readString(root, "os") ?? "",
    "os.version": readString(root, "os.version"),
    "os.features": readStrings(root, "os.features"),
    variant: readString(root, "variant"),
    config: root.member("config").optional(readContainerConfig),
    rootfs: readRootFs(root.member("rootfs")),
    history: root.member("history").optional((list) => list.items().map(readHistory)),
  });
}

function readContainerConfig(field: DocumentField): ContainerConfig {
  return present({
    User: readString(field, "User"),
    ExposedPorts: field.member("ExposedPorts").optional((set) => set.keySet()),
    Env: readStrings(field, "Env"),
    Entrypoint: readStrings(field, "Entrypoint"),
    Cmd: readStrings(field, "Cmd"),
    Volumes: field.member("Volumes").optional((set) => set.keySet()),
    WorkingDir: readString(field, "WorkingDir"),
    Labels: field.member("Labels").optional((map) => map.stringMap()),
    StopSignal: readString(field, "StopSignal"),
    Healthcheck: field.member("Healthcheck").optional(readHealthcheck),
    Shell: readStrings(field, "Shell"),
    OnBuild: readStrings(field, "OnBuild"),
    ArgsEscaped: readBoolean(field, "ArgsEscaped"),
  });
}

function readHealthcheck(field: DocumentField): Healthcheck {
  return present({
    Test: readStrings(field, "Test"),
    Interval: readInteger(field, "Interval"),
    Timeout: readInteger(field, "Timeout"),
    StartPeriod: readInteger(field, "StartPeriod"),
    StartInterval: readInteger(field, "StartInterval"),
    Retries: readInteger(field, "Retries"),
  });
}

function readRootFs(field: DocumentField): RootFs {
  const type = field.member("type");
  if (type.string() !== "layers") throw type.unexpected('"layers"');
  return { type: "layers", "diff_ids": field.member("diff_ids").items().map(readDigest) };
}

function readHistory(field: DocumentField): History {
  return present({
    created: readString(field, "created"),
    author: readString(field, "author"),
    "created_by": readString(field, "created_by"),
    comment: readString(field, "comment"),
    "empty_layer": readBoolean(field, "empty_layer"),
  });
}

function readString(field: DocumentField, name: string): string | undefined {
  return field.member(name).optional((text) => text.string());
}

function readStrings(field: DocumentField, name: string): readonly string[] | undefined {
  return field.member(name).optional((list) => list.strings());
}

function readInteger(field: DocumentField, name: string): number | undefined {
  return field.member(name).optional((number) => number.integer());
}

function readBoolean(field: DocumentField, name: string): boolean | undefined {
  return field.member(name).optional((flag) => flag.boolean());
}
