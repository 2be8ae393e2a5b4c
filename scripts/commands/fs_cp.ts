import { buildCommand, type Command } from "@stricli/core";
import type { Context } from "../console/context.ts";
import { PLATFORM_FLAGS, type PlatformFlags } from "../console/flags.ts";
import { formatBytes } from "../console/format_bytes.ts";
import { formatPath } from "../console/format_file.ts";
import { openFiles } from "../console/fs_parameters.ts";
import { Session } from "../console/session.ts";
import { copyOut } from "../../lib/inspect/copy_out.ts";
import { type Location, parseLocation } from "../../lib/places/location.ts";

/** `davit fs cp IMAGE PATH DESTINATION` */
export const command: Command<Context> = buildCommand({
  docs: {
    brief: "Copy a file or directory out of an image",
    fullDescription:
      `Copy a file or a directory of an image to this machine, without Docker. Permissions and
times come along; owners, set-uid and set-gid do not. Into a directory that is there, it goes under
its own name; a directory replaces nothing. Nothing is ever written outside the destination.

  davit fs cp nginx:alpine /etc/nginx nginx-config
  davit fs cp registry.example/app:v1 /usr/bin/app .`,
  },
  parameters: {
    flags: PLATFORM_FLAGS,
    aliases: { v: "verbose" },
    positional: {
      kind: "tuple",
      parameters: [
        { brief: "Image", placeholder: "IMAGE", parse: parseLocation },
        { brief: "Path in the image", placeholder: "PATH", parse: String },
        { brief: "Where to, on this machine", placeholder: "DESTINATION", parse: String },
      ],
    },
  },
  async func(
    this: Context,
    flags: PlatformFlags,
    location: Location,
    path: string,
    destination: string,
  ): Promise<void> {
    await using scope = new AsyncDisposableStack();
    const session = scope.use(new Session(this, flags));
    const { signal, output } = session;
    const files = await openFiles(session, scope, location);
    const copied = await copyOut(files, path, destination, { signal });
    for (const left of copied.skipped) output.note(`left out ${formatPath(left)}`);
    const counts = `${copied.files} files, ${formatBytes(copied.bytes)}`;
    output.result(`${copied.path} (${counts})`, copied);
  },
});
