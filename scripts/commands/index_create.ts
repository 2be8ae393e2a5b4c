import { buildCommand, type Command } from "@stricli/core";
import type { Context } from "../console/context.ts";
import { UsageError } from "../console/exit_code.ts";
import { TRANSFER_FLAGS, type TransferFlags } from "../console/flags.ts";
import { FLATTEN_FLAG } from "../console/index_flags.ts";
import { Session } from "../console/session.ts";
import { writeIndex } from "../console/write_index.ts";
import { appendToIndex } from "../../lib/image/append_to_index.ts";
import { emptyIndex } from "../../lib/image/empty.ts";
import { present } from "../../lib/oci/present.ts";
import { type Location, parseLocation } from "../../lib/places/location.ts";
import type { Annotations } from "../../lib/oci/annotations.ts";

interface Flags extends TransferFlags {
  readonly tag: Location;
  readonly annotation?: readonly (readonly [string, string])[];
  readonly docker?: boolean;
  readonly flatten: boolean;
}

/** `davit index create IMAGE...` */
export const command: Command<Context> = buildCommand({
  docs: {
    brief: "Make an index of images",
    fullDescription:
      `Make an index of images from any places, in their order. Each gets the platform that its
config names.

  davit index create app-amd64:v1 app-arm64:v1 -t registry.example/app:v1
  davit index create docker-archive:a.tar oci:layout:b -t oci:both:v1`,
  },
  parameters: {
    flags: {
      tag: {
        kind: "parsed",
        brief: "Name or place of the result",
        placeholder: "NAME",
        parse: parseLocation,
      },
      annotation: {
        kind: "parsed",
        brief: "Annotation of the index",
        placeholder: "KEY=VALUE",
        parse: parseAnnotation,
        optional: true,
        variadic: true,
      },
      docker: {
        kind: "boolean",
        brief: "Make a Docker manifest list",
        optional: true,
        withNegated: false,
      },
      flatten: FLATTEN_FLAG,
      ...TRANSFER_FLAGS,
    },
    aliases: { t: "tag", a: "annotation", j: "jobs", v: "verbose" },
    positional: {
      kind: "array",
      parameter: { brief: "Images, or indexes", placeholder: "IMAGE...", parse: parseLocation },
      minimum: 1,
    },
  },
  async func(this: Context, flags: Flags, ...places: Location[]): Promise<void> {
    const { tag, annotation = [], docker, flatten } = flags;
    const annotations: Annotations = Object.fromEntries(annotation);
    if (docker === true && annotation.length > 0) {
      throw new UsageError("Cannot annotate a Docker manifest list: leave out --docker");
    }
    await using session = new Session(this, flags);
    await using scope = new AsyncDisposableStack();
    const views = await Promise.all(
      places.map(async (place) => scope.use(await session.open(place)).view),
    );
    const empty = emptyIndex(docker === true ? "docker" : "oci", annotations);
    const { platform } = session;
    const index = await appendToIndex(empty, views, { flatten, ...present({ platform }) });
    await writeIndex(session, index, tag);
  },
});

function parseAnnotation(text: string): readonly [string, string] {
  const equals = text.indexOf("=");
  if (equals > 0) return [text.slice(0, equals), text.slice(equals + 1)];
  throw new SyntaxError(`Cannot use the annotation "${text}": expected KEY=VALUE`);
}
