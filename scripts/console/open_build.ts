import type { View } from "../../lib/image/image.ts";
import { parseLocation } from "../../lib/places/location.ts";
import { readBuildFile } from "./build_file.ts";
import type { Context } from "./context.ts";
import { creationTime } from "./creation_time.ts";
import type { Session } from "./session.ts";

/** A build that has not been written anywhere. */
export interface OpenedBuild {
  /** What it makes; files are read when its layers are. */
  readonly view: View;
  /** The tags that its file gives it. */
  readonly names: readonly string[];
}

/** Opens what a build file describes; the base that it opens goes with `scope`. */
export async function openBuild(
  file: string,
  { context, session, scope }: {
    readonly context: Context;
    readonly session: Session;
    readonly scope: AsyncDisposableStack;
  },
): Promise<OpenedBuild> {
  const [{ composeView }, { openBase }] = await Promise.all([
    import("../../lib/compose/compose_view.ts"),
    import("../../lib/compose/lock.ts"),
  ]);
  const { spec, root: directory } = await readBuildFile(".", file);
  if (spec.from !== "scratch") session.bindName(spec.from, "source");
  const { places } = session;
  const view = await composeView(spec, {
    directory,
    created: creationTime(context.env).seconds,
    open: async (base) =>
      scope.use(await openBase(parseLocation(base), { directory, places })).view,
  });
  return { view, names: spec.tags ?? [] };
}
