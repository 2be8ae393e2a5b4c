import { buildCommand, type Command } from "@stricli/core";
import type { Context } from "../console/context.ts";
import { UsageError } from "../console/exit_code.ts";
import { COMMON_FLAGS, type CommonFlags, JOBS_FLAG } from "../console/flags.ts";
import { INDEX_TAG_FLAG } from "../console/index_flags.ts";
import { expectIndex } from "../console/open_index.ts";
import { Session } from "../console/session.ts";
import { indexTarget, writeIndex } from "../console/write_index.ts";
import { filterIndex } from "../../lib/image/filter_index.ts";
import { parsePlatform, type Platform } from "../../lib/oci/platform.ts";
import { type Location, parseLocation } from "../../lib/places/location.ts";

interface Flags extends CommonFlags {
  readonly platform?: readonly (Platform | "all")[];
  readonly tag?: Location;
  readonly jobs?: number;
}

/** `davit index filter INDEX` */
export const command: Command<Context> = buildCommand({
  docs: {
    brief: "Keep some platforms of an index",
    fullDescription:
      `Keep the images of an index that run on the platforms, with the attestations about them.
A platform may leave things out: "linux" is every Linux. Nothing left is an error that lists what is
there.

  davit index filter registry.example/app:v1 --platform linux/amd64,linux/arm64
  davit index filter nginx --platform linux -t oci:layout:nginx`,
  },
  parameters: {
    flags: {
      platform: {
        kind: "parsed",
        brief: "Platform to keep: os[/arch[/variant]][:osversion], or all",
        placeholder: "PLATFORM",
        parse: (text: string) => text === "all" ? text : parsePlatform(text),
        optional: true,
        variadic: ",",
      },
      tag: INDEX_TAG_FLAG,
      jobs: JOBS_FLAG,
      ...COMMON_FLAGS,
    },
    aliases: { t: "tag", j: "jobs", v: "verbose" },
    positional: {
      kind: "tuple",
      parameters: [{ brief: "Index", placeholder: "INDEX", parse: parseLocation }],
    },
  },
  async func(this: Context, flags: Flags, base: Location): Promise<void> {
    const { platform: chosen = [], tag, ...common } = flags;
    if (chosen.length === 0) throw new UsageError("Cannot filter an index: expected --platform");
    const platforms = chosen.filter((platform) => platform !== "all");
    const to = indexTarget(tag, base);
    await using session = new Session(this, common);
    await using source = await session.open(base);
    const index = await expectIndex(source.view, base);
    const takesAll = platforms.length < chosen.length;
    await writeIndex(session, takesAll ? index : await filterIndex(index, platforms), to);
  },
});
