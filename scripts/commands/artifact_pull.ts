import { buildCommand, type Command } from "@stricli/core";
import type { Context } from "../console/context.ts";
import { JOBS_FLAG, PLATFORM_FLAGS, type PlatformFlags } from "../console/flags.ts";
import { Session } from "../console/session.ts";
import { pullFiles } from "../../lib/artifact/pull_files.ts";
import { NotFoundError } from "../../lib/errors.ts";
import type { Image, View } from "../../lib/image/image.ts";
import { selectImage } from "../../lib/image/select.ts";
import { present } from "../../lib/oci/present.ts";
import { formatLocation, type Location, parseLocation } from "../../lib/places/location.ts";
import type { OpenedSource } from "../../lib/places/open.ts";
import { requireReferrers } from "../../lib/store/knows_referrers.ts";

interface Flags extends PlatformFlags {
  readonly jobs?: number;
  readonly output: string;
  readonly referrers?: string;
}

/** `davit artifact pull NAME` */
export const command: Command<Context> = buildCommand({
  docs: {
    brief: "Write an artifact's files to a directory",
    fullDescription:
      `Write the files of an artifact to a directory, under their titles. All are there and verified
before the first of them appears; they replace files that are there. None can land outside of
the directory.

  davit artifact pull registry.example/config:v1 -o etc
  davit artifact pull --referrers application/spdx+json registry.example/app:v1`,
  },
  parameters: {
    flags: {
      output: {
        kind: "parsed",
        brief: "Directory to write to",
        placeholder: "DIR",
        parse: String,
        default: ".",
      },
      referrers: {
        kind: "parsed",
        brief: "Write the files of what is about NAME instead, of this artifact type",
        placeholder: "TYPE",
        parse: String,
        optional: true,
      },
      jobs: JOBS_FLAG,
      ...PLATFORM_FLAGS,
    },
    aliases: { o: "output", j: "jobs", v: "verbose" },
    positional: {
      kind: "tuple",
      parameters: [{ brief: "Artifact", placeholder: "NAME", parse: parseLocation }],
    },
  },
  async func(this: Context, flags: Flags, from: Location): Promise<void> {
    await using session = new Session(this, flags);
    await using opened = await session.open(from);
    const { signal, platform, output: { onEvent } } = session;
    const view = platform === undefined
      ? opened.view
      : await selectImage(opened.view, platform, { signal });
    const artifacts = flags.referrers === undefined
      ? [await selectImage(view, undefined, { signal })]
      : await referrersOf(view, opened, from, flags.referrers);
    const { jobs } = flags;
    const files = await pullFiles(artifacts, flags.output, {
      signal,
      onEvent,
      ...present({ jobs }),
    });
    for (const { title, descriptor } of files) {
      session.output.result(title, { title, ...descriptor });
    }
  },
});

async function referrersOf(
  view: View,
  { source }: OpenedSource,
  from: Location,
  artifactType: string,
): Promise<readonly Image[]> {
  const { digest } = await view.descriptor();
  const images: Image[] = [];
  for await (const found of requireReferrers(source).referrers(digest, { artifactType })) {
    const referrer = await source.open(found.digest);
    if (referrer.kind === "image") images.push(referrer);
  }
  if (images.length > 0) return images;
  throw new NotFoundError(
    "artifact of type",
    artifactType,
    `what is about ${formatLocation(from)}`,
  );
}
