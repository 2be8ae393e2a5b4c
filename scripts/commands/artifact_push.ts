import { buildCommand, type Command } from "@stricli/core";
import {
  gatherAnnotations,
  parseAnnotation,
  parseConfigFile,
  parseFiles,
} from "../console/artifact_words.ts";
import type { Context } from "../console/context.ts";
import { UsageError } from "../console/exit_code.ts";
import { JOBS_FLAG, PLATFORM_FLAGS, type PlatformFlags } from "../console/flags.ts";
import { Session } from "../console/session.ts";
import { type ArtifactFile, createArtifact } from "../../lib/artifact/create_artifact.ts";
import { selectImage } from "../../lib/image/select.ts";
import type { Descriptor } from "../../lib/oci/descriptor.ts";
import { present } from "../../lib/oci/present.ts";
import { formatLocation, type Location, parseLocation } from "../../lib/places/location.ts";
import { knowsReferrers } from "../../lib/store/knows_referrers.ts";

interface Flags extends PlatformFlags {
  readonly jobs?: number;
  readonly artifactType?: string;
  readonly subject?: Location;
  readonly annotation?: readonly (readonly [key: string, value: string])[];
  readonly config?: { readonly path: string; readonly mediaType: string };
}

/** `davit artifact push NAME FILE...` */
export const command: Command<Context> = buildCommand({
  docs: {
    brief: "Push files as an artifact",
    fullDescription:
      `Push files and directories as an artifact: by itself, or about an image of the same
repository. What is about an image needs no tag of its own.

  davit artifact push registry.example/config:v1 app.yaml:application/yaml
  davit artifact push registry.example/app --subject registry.example/app:v1 \\
    --artifact-type application/spdx+json sbom.json:application/spdx+json
  davit artifact push registry.example/app --subject registry.example/app:v1 \\
    --artifact-type application/vnd.example.approval -a by=ann

A file is [TITLE=]PATH[:TYPE]; it is pulled under its title, which is its path unless said. A
directory is packed. The same files give the same digest.`,
  },
  parameters: {
    flags: {
      artifactType: {
        kind: "parsed",
        brief: "Kind of artifact, a media type",
        placeholder: "TYPE",
        parse: parseType,
        optional: true,
      },
      subject: {
        kind: "parsed",
        brief: "Image that the artifact is about, in the same repository",
        placeholder: "IMAGE",
        parse: parseLocation,
        optional: true,
      },
      annotation: {
        kind: "parsed",
        brief: "Annotation of the artifact",
        placeholder: "KEY=VALUE",
        parse: parseAnnotation,
        variadic: true,
        optional: true,
      },
      config: {
        kind: "parsed",
        brief: "Config of the artifact; OCI's empty one unless said",
        placeholder: "PATH:TYPE",
        parse: parseConfigFile,
        optional: true,
      },
      jobs: JOBS_FLAG,
      ...PLATFORM_FLAGS,
    },
    aliases: { a: "annotation", j: "jobs", v: "verbose" },
    positional: {
      kind: "array",
      parameter: {
        brief: "Name of the artifact, then its files",
        placeholder: "NAME [FILE...]",
        parse: String,
      },
      minimum: 1,
    },
  },
  async func(this: Context, flags: Flags, ...words: string[]): Promise<void> {
    const { artifactType, annotation = [], config, subject } = flags;
    const [name = "", ...paths] = words;
    const files = await parseFiles(paths);
    const annotations = gatherAnnotations(annotation);
    refuseNothing(files, flags);
    const to = parseLocation(name);
    await using session = new Session(this, flags);
    const about = subject === undefined ? undefined : await describe(session, subject, to);
    const artifact = await createArtifact(
      present({ artifactType, files, config, subject: about, annotations }),
    );
    await using target = await session.create(to);
    if (about !== undefined && !knowsReferrers(target.destination)) {
      throw new UsageError(
        `Cannot push to "${
          formatLocation(to)
        }" what is about an image: expected a registry or an ` +
          "OCI layout",
      );
    }
    const names = about !== undefined && !isTagged(name) ? [] : target.names;
    const descriptor = await session.copy(artifact, target.destination, { names });
    await target.destination.commit({ signal: session.signal });
    const text = to.kind === "registry"
      ? `${to.reference.registry}/${to.reference.repository}@${descriptor.digest}`
      : descriptor.digest;
    session.output.result(text, { ...descriptor, names, ...present({ subject: about?.digest }) });
  },
});

/** Finds the subject, which has to be where its artifact goes. */
async function describe(session: Session, subject: Location, to: Location): Promise<Descriptor> {
  if (placeOf(subject) !== placeOf(to)) {
    throw new UsageError(
      `Cannot push to "${formatLocation(to)}" what is about "${
        formatLocation(subject)
      }": expected ` +
        "both in one repository",
    );
  }
  await using source = await session.open(subject);
  const { platform, signal } = session;
  if (platform === undefined) return await source.view.descriptor();
  return await (await selectImage(source.view, platform, { signal })).descriptor();
}

function placeOf(location: Location): string {
  if (location.kind === "registry") {
    return `${location.reference.registry}/${location.reference.repository}`;
  }
  return "path" in location ? location.path : location.kind;
}

function refuseNothing(files: readonly ArtifactFile[], { annotation, config }: Flags): void {
  if (files.length > 0 || annotation !== undefined || config !== undefined) return;
  throw new UsageError("Cannot push an artifact: expected files, a config or annotations");
}

/** A registry's name without a tag has become `latest`: not everything needs a tag. */
function isTagged(name: string): boolean {
  return name.includes(":", name.lastIndexOf("/") + 1);
}

function parseType(text: string): string {
  if (/^[A-Za-z0-9][\w.+-]*\/[A-Za-z0-9][\w.+-]*$/.test(text)) return text;
  throw new SyntaxError(
    `Cannot use "${text}" as artifact type: expected a media type, such as application/spdx+json`,
  );
}
