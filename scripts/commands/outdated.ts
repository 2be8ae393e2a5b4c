import { buildCommand, type Command } from "@stricli/core";
import { readBuildFile, readLock } from "../console/build_file.ts";
import { BUILD_DIRECTORY, BUILD_FILE_FLAG } from "../console/build_parameters.ts";
import type { Context } from "../console/context.ts";
import { DifferenceError } from "../console/exit_code.ts";
import { COMMON_FLAGS, type CommonFlags } from "../console/flags.ts";
import { formatDiff } from "../console/format_diff.ts";
import { Session } from "../console/session.ts";
import { type BaseStatus, findOutdated } from "../../lib/compose/outdated.ts";

interface Flags extends CommonFlags {
  readonly file?: string;
}

/** `davit outdated [DIR]` */
export const command: Command<Context> = buildCommand({
  docs: {
    brief: "Tell whether the base of a build has moved, and what changed",
    fullDescription:
      `Look whether the base in davit.lock stands for something else now, and tell what changed on
each platform: layers and config. No layer is read. Exits 0 when nothing has moved, 5 when something
has; "davit lock" takes what there is now.

  davit outdated
  davit outdated --json | jq 'select(.hasMoved)'`,
  },
  parameters: {
    flags: {
      file: BUILD_FILE_FLAG,
      ...COMMON_FLAGS,
    },
    aliases: { f: "file", v: "verbose" },
    positional: BUILD_DIRECTORY,
  },
  async func(this: Context, flags: Flags, directory: string): Promise<void> {
    await using session = new Session(this, flags);
    const { root, spec } = await readBuildFile(directory, flags.file);
    if (spec.from !== "scratch") session.bindName(spec.from, "source");
    const { places, signal, output } = session;
    const statuses = await findOutdated(await readLock(root), { places, signal, directory: root });
    for (const status of statuses) output.result(describe(status).join("\n"), status);
    const moved = statuses.filter(({ hasMoved }) => hasMoved);
    if (moved.length === 0) return;
    throw new DifferenceError(
      `${moved.length} of ${statuses.length} bases moved; "davit lock" takes what there is now`,
    );
  },
});

function describe({ base, locked, current, hasMoved, diff }: BaseStatus): readonly string[] {
  if (!hasMoved) return [`${base} is what was locked: ${locked}`];
  const head = [`${base} has moved`, `  locked  ${locked}`, `  now     ${current}`];
  if (diff === undefined) return [...head, "  what was locked cannot be compared any more"];
  const changes = diff.images.flatMap(({ platform, diff: image }) =>
    image.isSame ? [`== ${platform}`, "the same image"] : [`== ${platform}`, ...formatDiff(image)]
  );
  const alone = [
    ...diff.onlyA.map((platform) => `- ${platform}`),
    ...diff.onlyB.map((platform) => `+ ${platform}`),
  ];
  return [...head, ...alone, ...changes];
}
