import { buildCommand, type Command } from "@stricli/core";
import type { Context } from "../console/context.ts";
import { writeFile } from "../console/write_file.ts";
import { PLATFORM_FLAGS, type PlatformFlags } from "../console/flags.ts";
import { Session } from "../console/session.ts";
import { parseSource } from "../console/stdin_archive.ts";
import { exportImage } from "../../lib/image/export_image.ts";
import { selectImage } from "../../lib/image/select.ts";
import { hostPlatform } from "../../lib/oci/platform.ts";
import type { Location } from "../../lib/places/location.ts";

/** `davit export IMAGE [TARBALL]` */
export const command: Command<Context> = buildCommand({
  docs: {
    brief: "Write an image's filesystem as one tar",
    fullDescription:
      `Write the filesystem that a container of the image would start with: layers merged, what
whiteouts removed gone, hard links kept. Of an artifact that is one blob and no layer, that blob is
written, decompressed.

  davit export nginx:alpine - | tar t
  davit export docker-archive:image.tar rootfs.tar`,
  },
  parameters: {
    flags: PLATFORM_FLAGS,
    aliases: { v: "verbose" },
    positional: {
      kind: "tuple",
      parameters: [
        {
          brief: "Image, or - for a docker save tarball on standard input",
          placeholder: "IMAGE",
          parse: parseSource,
        },
        {
          brief: "File to write, or - for standard output",
          placeholder: "TARBALL",
          parse: String,
          default: "-",
        },
      ],
    },
  },
  async func(
    this: Context,
    flags: PlatformFlags,
    image: Location,
    path: string,
  ): Promise<void> {
    await using scope = new AsyncDisposableStack();
    const session = scope.use(new Session(this, flags));
    const { view } = scope.use(await session.open(image));
    const platform = session.platform ?? (view.kind === "index" ? hostPlatform() : undefined);
    const { signal } = session;
    const chosen = await selectImage(view, platform, { signal });
    if (path !== "-") {
      return await writeFile(path, ({ ahead }) => exportImage(chosen, { ahead, signal }), signal);
    }
    const tar = await exportImage(chosen, { signal });
    await tar.pipeTo(this.stdout, { preventClose: true, signal });
  },
});
