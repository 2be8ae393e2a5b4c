import { buildCommand, type Command } from "@stricli/core";
import { lockPath, readBuildFile } from "../console/build_file.ts";
import { BUILD_DIRECTORY, BUILD_FILE_FLAG } from "../console/build_parameters.ts";
import type { Context } from "../console/context.ts";
import { COMMON_FLAGS, type CommonFlags } from "../console/flags.ts";
import { Session } from "../console/session.ts";
import { writeFile } from "../console/write_file.ts";
import { formatLock, lockBases } from "../../lib/compose/lock.ts";

interface Flags extends CommonFlags {
  readonly file?: string;
}

/** `davit lock [DIR]` */
export const command: Command<Context> = buildCommand({
  docs: {
    brief: "Note what the base of a build stands for",
    fullDescription:
      `Write a davit.lock beside the build file: what its base stands for now, by digest, and each
platform's image. "davit build --locked" builds on just that, wherever the tag has gone;
"davit outdated" tells whether it has moved. Keep the file with the sources.

  davit lock
  davit build --locked`,
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
    const { spec, root } = await readBuildFile(directory, flags.file);
    const { places, signal, output } = session;
    if (spec.from !== "scratch") session.bindName(spec.from, "source");
    const lock = await lockBases(spec, { places, signal, directory: root });
    const text = new TextEncoder().encode(formatLock(lock));
    await writeFile(lockPath(root), () => Promise.resolve(ReadableStream.from([text])), signal);
    for (const [base, locked] of Object.entries(lock.bases)) {
      output.result(`${locked.digest} ${base}`, { base, ...locked });
    }
    if (Object.keys(lock.bases).length === 0) output.note("there is no base to lock");
  },
});
