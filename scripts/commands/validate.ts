import { buildCommand, type Command } from "@stricli/core";
import type { Context } from "../console/context.ts";
import { UsageError } from "../console/exit_code.ts";
import { JOBS_FLAG, PLATFORM_FLAGS, type PlatformFlags } from "../console/flags.ts";
import { Session } from "../console/session.ts";
import { DocumentError } from "../../lib/errors.ts";
import type { View } from "../../lib/image/image.ts";
import { selectImage } from "../../lib/image/select.ts";
import { validateView } from "../../lib/inspect/validate.ts";
import type { Problem, Validation } from "../../lib/inspect/validation.ts";
import type { Digest } from "../../lib/oci/digest.ts";
import { present } from "../../lib/oci/present.ts";
import { formatLocation, type Location, parseLocation } from "../../lib/places/location.ts";
import type { Source } from "../../lib/store/store.ts";

interface Flags extends PlatformFlags {
  readonly remote?: readonly Location[];
  readonly tarball?: readonly string[];
  readonly fast?: boolean;
  readonly jobs?: number;
}

/** `davit validate [IMAGE...]` */
export const command: Command<Context> = buildCommand({
  docs: {
    brief: "Check that images are what they say",
    fullDescription:
      `Check an image, or an index with all that it lists, in any place, and of a layout or archive
every image that has a name: digests, sizes,
documents, media types, the platforms an index names, and of every layer its compression (gzip,
zstd or none), its tar, paths that come twice and its diff ID. Each layer is read once. Prints PASS,
or FAIL for each problem and exits 1; warnings go to standard error.

  davit validate nginx:alpine
  davit validate --fast --remote registry.example/app:v1
  davit validate --tarball image.tar oci:layout:v1`,
  },
  parameters: {
    flags: {
      remote: {
        kind: "parsed",
        brief: "Image in a registry, as crane has it",
        placeholder: "IMAGE",
        parse: parseLocation,
        optional: true,
        variadic: true,
      },
      tarball: {
        kind: "parsed",
        brief: "Archive or layout on this machine, as crane has it",
        placeholder: "FILE",
        parse: String,
        optional: true,
        variadic: true,
      },
      fast: {
        kind: "boolean",
        brief: "Look whether layers are there, and read none",
        optional: true,
        withNegated: false,
      },
      jobs: JOBS_FLAG,
      ...PLATFORM_FLAGS,
    },
    aliases: { j: "jobs", v: "verbose" },
    positional: {
      kind: "array",
      parameter: { brief: "Images", placeholder: "[IMAGE...]", parse: parseLocation },
    },
  },
  async func(this: Context, flags: Flags, ...images: Location[]): Promise<void> {
    const { remote = [], tarball = [] } = flags;
    const local = tarball.map((path): Location => ({ kind: "path", path }));
    const places = [...images, ...remote, ...local];
    if (places.length === 0) throw new UsageError("Cannot validate: expected an image");
    await using session = new Session(this, flags);
    let failed = 0;
    let count = 0;
    for (const place of places) {
      await using opened = await openAll(session, place);
      for (const { name, view } of opened.images) {
        const validation = await validate(session, view, flags);
        report(session, name, validation);
        count++;
        if (!validation.isValid) failed++;
      }
    }
    if (failed === 0) return;
    throw new DocumentError(`Cannot vouch for ${failed} of ${count}: see what failed`);
  },
});

interface OpenedImages extends AsyncDisposable {
  readonly images: readonly { readonly name: string; readonly view: View }[];
}

/** Opens what a place names; of a layout or archive that has several images, all that have names. */
async function openAll(session: Session, place: Location): Promise<OpenedImages> {
  await using scope = new AsyncDisposableStack();
  const text = formatLocation(place);
  const images = "path" in place && !("name" in place)
    ? await eachOf(scope.use(await session.openPlace(place)).source, text, session)
    : [{ name: text, view: scope.use(await session.open(place)).view }];
  const owned = scope.move();
  return { images, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

async function eachOf(
  source: Source,
  place: string,
  { signal }: Session,
): Promise<OpenedImages["images"]> {
  const names = await Array.fromAsync(source.names({ signal }));
  if (names.length < 2) return [{ name: place, view: await source.open(undefined, { signal }) }];
  const images = new Map<Digest, OpenedImages["images"][number]>();
  for (const name of names) {
    const view = await source.open(name, { signal });
    const { digest } = await view.descriptor();
    if (!images.has(digest)) images.set(digest, { name: `${place}:${name}`, view });
  }
  return [...images.values()];
}

async function validate(session: Session, view: View, { fast, jobs }: Flags): Promise<Validation> {
  const { platform, signal } = session;
  const chosen = platform === undefined ? view : await selectImage(view, platform, { signal });
  return await validateView(chosen, { signal, ...present({ fast, jobs }) });
}

function report({ output }: Session, place: string, validation: Validation): void {
  const { isValid, problems } = validation;
  const errors = problems.filter(({ severity }) => severity === "error");
  for (const problem of problems) {
    if (problem.severity === "warning") output.note(`WARN: ${describe(place, problem)}`);
  }
  const lines = isValid
    ? [`PASS: ${place}`]
    : errors.map((problem) => `FAIL: ${describe(place, problem)}`);
  output.result(lines.join("\n"), { place, ...validation });
}

function describe(place: string, { where, check, digest, message }: Problem): string {
  const what = message.includes(digest) ? "" : ` (${digest})`;
  return [place, ...where === "" ? [] : [where], `${check}: ${message}${what}`].join(": ");
}
