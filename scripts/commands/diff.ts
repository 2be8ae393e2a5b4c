import { buildCommand, type Command } from "@stricli/core";
import type { Context } from "../console/context.ts";
import { DifferenceError } from "../console/exit_code.ts";
import { PLATFORM_FLAGS, type PlatformFlags } from "../console/flags.ts";
import { formatDiff } from "../console/format_diff.ts";
import { Session } from "../console/session.ts";
import { selectImage } from "../../lib/image/select.ts";
import type { FileAspect } from "../../lib/inspect/diff_files.ts";
import { diffViews, type ViewDiff } from "../../lib/inspect/diff_views.ts";
import { present } from "../../lib/oci/present.ts";
import { formatLocation, type Location, parseLocation } from "../../lib/places/location.ts";
import type { View } from "../../lib/image/image.ts";

interface Flags extends PlatformFlags {
  readonly fast?: boolean;
  readonly ignore?: readonly FileAspect[];
}

const ASPECTS: readonly FileAspect[] = [
  ...["content", "mode", "owner", "time", "xattrs"] as const,
];

/** `davit diff A B` */
export const command: Command<Context> = buildCommand({
  docs: {
    brief: "Tell how two images differ, and why their digests do",
    fullDescription:
      `Compare two images, of any places: layers, config, manifest, and the merged files (added,
removed, changed: content, mode, owner, time). First it says why the digests differ: another
compressor, the order or times of entries, owners, the form of their headers, a field of the config.
Two indexes are compared platform by platform.

Exits 0 when both are the same image, 5 when they differ.

  davit diff nginx:1.26 nginx:1.27
  davit diff --ignore time registry.example/app:v1 docker-archive:app.tar
  davit diff --fast --json app:v1 app:v2`,
  },
  parameters: {
    flags: {
      fast: {
        kind: "boolean",
        brief: "Compare what the documents say, and read no layer",
        optional: true,
        withNegated: false,
      },
      ignore: {
        kind: "parsed",
        brief: "What may differ of files: content, mode, owner, time, xattrs",
        placeholder: "WHAT",
        parse: parseAspect,
        optional: true,
        variadic: ",",
      },
      ...PLATFORM_FLAGS,
    },
    aliases: { v: "verbose" },
    positional: {
      kind: "tuple",
      parameters: [
        { brief: "Image", placeholder: "A", parse: parseLocation },
        { brief: "Image to compare it with", placeholder: "B", parse: parseLocation },
      ],
    },
  },
  async func(this: Context, flags: Flags, a: Location, b: Location): Promise<void> {
    await using session = new Session(this, flags);
    await using one = await session.open(a);
    await using other = await session.open(b);
    const { fast, ignore } = flags;
    const { signal } = session;
    const [left, right] = await Promise.all([
      choose(session, one.view),
      choose(session, other.view),
    ]);
    const diff = await diffViews(left, right, { signal, ...present({ fast, ignore }) });
    session.output.result(formatViews(diff).join("\n"), diff);
    if (diff.isSame) return;
    throw new DifferenceError(
      `"${formatLocation(a)}" and "${formatLocation(b)}" are different images`,
    );
  },
});

async function choose(session: Session, view: View): Promise<View> {
  const { platform, signal } = session;
  return platform === undefined ? view : await selectImage(view, platform, { signal });
}

function formatViews({ images, onlyA, onlyB, isSame }: ViewDiff): readonly string[] {
  if (images.length === 0 && isSame) return ["the same index"];
  const [only, ...others] = images;
  const alone = [
    ...onlyA.map((platform) => `- ${platform}`),
    ...onlyB.map((platform) => `+ ${platform}`),
  ];
  if (only !== undefined && others.length === 0 && alone.length === 0) return formatDiff(only.diff);
  return [
    ...alone,
    ...images.flatMap(({ platform, diff }) => [`== ${platform}`, ...formatDiff(diff), ""]),
  ];
}

function parseAspect(text: string): FileAspect {
  const aspect = ASPECTS.find((known) => known === text);
  if (aspect !== undefined) return aspect;
  throw new SyntaxError(`Cannot ignore "${text}": expected ${ASPECTS.join(", ")}`);
}
