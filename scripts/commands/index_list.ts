import { buildCommand, type Command } from "@stricli/core";
import type { Context } from "../console/context.ts";
import { COMMON_FLAGS, type CommonFlags } from "../console/flags.ts";
import { expectIndex } from "../console/open_index.ts";
import { Session } from "../console/session.ts";
import { formatTable } from "../console/table.ts";
import { parseIndex } from "../../lib/oci/image_index.ts";
import { formatPlatform } from "../../lib/oci/platform.ts";
import { type Location, parseLocation } from "../../lib/places/location.ts";
import { untilAborted } from "../../lib/stream/until_aborted.ts";

/** `davit index list INDEX` */
export const command: Command<Context> = buildCommand({
  docs: {
    brief: "List what an index holds",
    fullDescription:
      `List the digest, media type and platform of everything that an index holds, of any place.

  davit index list nginx
  davit index list oci:layout:v1 --json`,
  },
  parameters: {
    flags: COMMON_FLAGS,
    aliases: { v: "verbose" },
    positional: {
      kind: "tuple",
      parameters: [{ brief: "Index", placeholder: "INDEX", parse: parseLocation }],
    },
  },
  async func(this: Context, flags: CommonFlags, location: Location): Promise<void> {
    await using session = new Session(this, flags);
    await using source = await session.open(location);
    const index = await expectIndex(source.view, location);
    const { manifests } = parseIndex(await untilAborted(index.manifest(), session.signal));
    if (flags.json === true) {
      for (const descriptor of manifests) session.output.result("", descriptor);
      return;
    }
    const rows = manifests.map(({ digest, mediaType, platform }) => [
      digest,
      mediaType,
      platform === undefined ? "" : formatPlatform(platform),
    ]);
    const table = formatTable([["Digest", "MediaType", "Platform"], ...rows]);
    for (const line of table) session.output.result(line, line);
  },
});
