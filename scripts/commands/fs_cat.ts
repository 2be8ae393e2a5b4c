import { buildCommand, type Command } from "@stricli/core";
import type { Context } from "../console/context.ts";
import { PLATFORM_FLAGS, type PlatformFlags } from "../console/flags.ts";
import { openFiles } from "../console/fs_parameters.ts";
import { Session } from "../console/session.ts";
import { parseLocation } from "../../lib/places/location.ts";
import { UsageError } from "../console/exit_code.ts";

/** `davit fs cat IMAGE PATH...` */
export const command: Command<Context> = buildCommand({
  docs: {
    brief: "Write files of an image to standard output",
    fullDescription:
      `Write the content of files of an image to standard output. Layers are read from the top
down, and no further than it takes to know the file; links are followed inside the image. Nothing is
written before the file's layer has been verified.

  davit fs cat nginx:alpine /etc/os-release`,
  },
  parameters: {
    flags: PLATFORM_FLAGS,
    aliases: { v: "verbose" },
    positional: {
      kind: "array",
      parameter: {
        brief: "Image, then files in it",
        placeholder: "IMAGE PATH...",
        parse: String,
      },
      minimum: 2,
    },
  },
  async func(this: Context, flags: PlatformFlags, ...words: string[]): Promise<void> {
    const [name, ...paths] = words;
    if (name === undefined) throw new UsageError("Cannot read files: expected an image");
    await using scope = new AsyncDisposableStack();
    const session = scope.use(new Session(this, flags));
    const { signal } = session;
    const files = await openFiles(session, scope, parseLocation(name));
    for (const path of paths) {
      const file = await files.open(path);
      await file.open().pipeTo(this.stdout, { preventClose: true, signal });
    }
  },
});
