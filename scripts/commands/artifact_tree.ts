import { buildCommand, type Command } from "@stricli/core";
import type { Context } from "../console/context.ts";
import { PLATFORM_FLAGS, type PlatformFlags } from "../console/flags.ts";
import { Session } from "../console/session.ts";
import { readReferrerTree, type ReferrerNode } from "../../lib/artifact/referrer_tree.ts";
import { selectImage } from "../../lib/image/select.ts";
import { formatPlatform } from "../../lib/oci/platform.ts";
import { present } from "../../lib/oci/present.ts";
import { formatLocation, type Location, parseLocation } from "../../lib/places/location.ts";
import { requireReferrers } from "../../lib/store/knows_referrers.ts";

interface Flags extends PlatformFlags {
  readonly artifactType?: string;
}

/** `davit artifact tree IMAGE` */
export const command: Command<Context> = buildCommand({
  docs: {
    brief: "Show what is about an image",
    fullDescription:
      `Show what is about an image: signatures, attestations, SBOMs and other artifacts, what is about
those in turn, and of an index what is about each of its images.

  davit artifact tree registry.example/app:v1
  davit artifact tree --artifact-type application/spdx+json --json registry.example/app:v1`,
  },
  parameters: {
    flags: {
      artifactType: {
        kind: "parsed",
        brief: "Show what is about the image itself by this type only",
        placeholder: "TYPE",
        parse: String,
        optional: true,
      },
      ...PLATFORM_FLAGS,
    },
    aliases: { v: "verbose" },
    positional: {
      kind: "tuple",
      parameters: [{ brief: "Image", placeholder: "IMAGE", parse: parseLocation }],
    },
  },
  async func(this: Context, flags: Flags, from: Location): Promise<void> {
    await using session = new Session(this, flags);
    await using opened = await session.open(from);
    const { signal, platform } = session;
    const place = requireReferrers(opened.source);
    const view = platform === undefined
      ? opened.view
      : await selectImage(opened.view, platform, { signal });
    const { artifactType } = flags;
    const tree = await readReferrerTree(view, place, { signal, ...present({ artifactType }) });
    const reference = formatLocation(from);
    const text = [`${reference} ${tree.descriptor.digest}`, ...linesBelow(tree)].join("\n");
    session.output.result(text, { reference, ...toData(tree) });
  },
});

/** What stands below a node: what it lists, then what is about it. */
function linesBelow({ manifests = [], referrers }: ReferrerNode): readonly string[] {
  const nodes = [
    ...manifests.map((node) => ({ node, label: labelOfManifest(node) })),
    ...referrers.map((node) => ({ node, label: node.descriptor.artifactType ?? "no type" })),
  ];
  return nodes.flatMap(({ node, label }, position) => {
    const isLast = position === nodes.length - 1;
    const { digest, annotations = {} } = node.descriptor;
    const [branch, stem] = isLast ? ["└── ", "    "] : ["├── ", "│   "];
    const notes = manifests.includes(node)
      ? []
      : Object.entries(annotations).map(([key, value]) => `${key}: ${value}`);
    return [
      `${branch}${label} ${digest}`,
      ...notes.map((note) => `${stem}  ${printable(note)}`),
      ...linesBelow(node).map((line) => stem + line),
    ].map(printable);
  });
}

function labelOfManifest(
  { descriptor: { platform, artifactType, mediaType } }: ReferrerNode,
): string {
  return platform === undefined ? artifactType ?? mediaType : formatPlatform(platform);
}

/** What others wrote ends up on a terminal. */
function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\u202a-\u202e\u2066-\u2069]+/gu, " ");
}

interface TreeData extends Pick<ReferrerNode["descriptor"], "digest" | "size" | "mediaType"> {
  readonly manifests?: readonly TreeData[];
  readonly referrers: readonly TreeData[];
}

function toData({ descriptor, manifests, referrers }: ReferrerNode): TreeData {
  return {
    ...descriptor,
    ...present({ manifests: manifests?.map(toData) }),
    referrers: referrers.map(toData),
  };
}
