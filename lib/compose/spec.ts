import type { ConfigChanges } from "../image/configure.ts";
import type { Annotations } from "../oci/annotations.ts";
import type { Compression } from "../oci/media_type.ts";

/**
 * What an image is made of: the content of a `davit.yaml`, and what the fluent `Build` gathers.
 * Local paths are relative to the build file. In those of layers, `{os}`, `{arch}` and `{variant}` stand for
 * the platform's, so that each platform can have its own files.
 */
export interface BuildSpec {
  /** The base: a registry name, a layout, an archive, or `scratch`. */
  readonly from: string;
  /** What goes on top, bottom first: one layer each. */
  readonly layers?: readonly LayerSpec[];
  /** What a container starts as. */
  readonly config?: ConfigSpec;
  /** Annotations of the manifest, and of the index when there is one. */
  readonly annotations?: Annotations;
  /** Platforms to build for: several give an index. All that the base has, unless said. */
  readonly platforms?: readonly string[];
  /** What the image is called: full names. */
  readonly tags?: readonly string[];
  /** Where it goes: any places. Where the tags say, unless said. */
  readonly outputs?: readonly string[];
  /** How new layers are compressed; `gzip` unless said. */
  readonly compression?: Compression;
  /** From 1, fastest, to 9, smallest; 6 unless said, for zstd 3. */
  readonly level?: number;
  /** When the image was made: RFC 3339, or seconds since 1970. 1970 unless said. */
  readonly created?: string | number;
}

/** One layer. */
export type LayerSpec = RemoveSpec | CopySpec | TarSpec | FilesSpec;

/** Takes paths of the base away: a whiteout each. */
export interface RemoveSpec {
  /** A path in the image, or several. */
  readonly remove: string | readonly string[];
}

/** Adds a directory's contents, or one file. */
export interface CopySpec {
  /** A directory or a file of this machine. */
  readonly copy: string;
  /** Where to: an absolute directory in the image; `/` unless said. */
  readonly to?: string;
  /** Numeric owner and group: `1000:1000`; root unless said. */
  readonly owner?: string;
  /** Permission bits of all files, in octal: `"0644"`; as they are unless said. */
  readonly mode?: string;
  /** What is left out: lines as of a `.dockerignore`. */
  readonly ignore?: readonly string[];
  /**
   * `auto` makes several layers of a directory, by how often what is in them changes: dependencies,
   * what builds generate, and sources. One layer unless said.
   */
  readonly split?: "auto";
}

/** Adds a tar as it is. */
export interface TarSpec {
  /** A tar of this machine: plain, gzip or zstd. */
  readonly tar: string;
}

/** Adds files whose content stands in the build file. */
export interface FilesSpec {
  /** Content by path in the image. */
  readonly files: Readonly<Record<string, string>>;
  /** Permission bits of the files, in octal; `"0644"` unless said. */
  readonly mode?: string;
  /** Numeric owner and group: `1000:1000`; root unless said. */
  readonly owner?: string;
}

/** What a container starts as, in the words of a build file. */
export type ConfigSpec =
  & Omit<ConfigChanges, "workingDir" | "exposedPorts" | "created" | "history">
  & {
    /** Directory in which the command starts. */
    readonly workdir?: string;
    /** Ports: `8080`, `53/udp`. */
    readonly ports?: readonly (string | number)[];
  };
