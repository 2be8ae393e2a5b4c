import { type Digest, isDigest } from "../oci/digest.ts";
import { parsePlatform, type Platform } from "../oci/platform.ts";
import { PINNED } from "./ctr.ts";
import { NodeContent } from "./node_content.ts";

/** How `uname -m` names what images call otherwise. */
const MACHINES: ReadonlyMap<string, string> = new Map([
  ["x86_64", "amd64"],
  ["aarch64", "arm64"],
  ["armv7l", "arm/v7"],
]);

/** What a node says of an image. */
export interface NodeImage {
  /** Its manifest. */
  readonly digest: Digest;
  /** Whether all of its content is there, and unpacked. */
  readonly isWhole: boolean;
  /** What containerd's check says of it: `complete (3/3)`. */
  readonly status: string;
  /** Whether the kubelet's garbage collection leaves it alone. */
  readonly isPinned: boolean;
}

/** What a node is and has. */
export interface NodeListing {
  /** The platform that it runs. */
  readonly platform: Platform;
  /** Its content. */
  readonly content: NodeContent;
  /** The images that were asked for, by their names. */
  readonly images: ReadonlyMap<string, NodeImage>;
}

/** Reads what a node tells of itself, its content, and some images. */
export function parseListing(output: string): NodeListing {
  const [machine = ""] = output.split("\n", 1);
  const [content = "", ...images] = output.slice(machine.length).split("\n\n");
  return {
    platform: parsePlatform(`linux/${MACHINES.get(machine) ?? machine}`),
    content: new NodeContent(content),
    images: parseImages(images.join("\n\n")),
  };
}

/** Reads what `ctr images check` and, after an empty line, `ctr images ls` print. */
export function parseImages(output: string): ReadonlyMap<string, NodeImage> {
  const [checked = "", listed = ""] = output.split("\n\n");
  const pinned = new Set(
    rowsOf(listed).filter((row) => row.includes(`${PINNED}=pinned`)).map(nameOf),
  );
  return new Map(
    rowsOf(checked).flatMap((row) => {
      const [name = "", , digest = ""] = row.split(/\s+/);
      if (!isDigest(digest)) return [];
      const [status = ""] = /\b(?:in)?complete \(\d+\/\d+\)/.exec(row) ?? [];
      const isWhole = status.startsWith("complete") && /\strue\s*$/.test(row);
      return [[name, { digest, isWhole, status, isPinned: pinned.has(name) }]];
    }),
  );
}

function rowsOf(table: string): string[] {
  return table.split("\n").slice(1).filter((row) => row.trim() !== "");
}

function nameOf(row: string): string {
  return row.split(/\s/, 1)[0] ?? "";
}
