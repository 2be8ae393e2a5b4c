import { buildCommand, type Command } from "@stricli/core";
import type { Context } from "../console/context.ts";
import { formatBytes } from "../console/format_bytes.ts";
import { Output, type OutputFlags } from "../console/output.ts";

interface Flags extends OutputFlags {
  readonly dryRun?: boolean;
}

/** `davit layout gc DIR` */
export const command: Command<Context> = buildCommand({
  docs: {
    brief: "Remove the blobs that no image of a layout needs",
    fullDescription:
      `Remove the blobs of an OCI layout that nothing in its index.json needs: what images left
behind that were replaced or deleted. Nobody should be writing an image to it meanwhile. Where it
lists something whose parts nobody can tell, nothing is removed. For what a registry serves, see
"davit registry gc".

  davit layout gc layout --dry-run`,
  },
  parameters: {
    flags: {
      dryRun: {
        kind: "boolean",
        brief: "Only say what would be removed",
        optional: true,
        withNegated: false,
      },
      json: {
        kind: "boolean",
        brief: "Print each blob as a line of JSON",
        optional: true,
        withNegated: false,
      },
    },
    positional: {
      kind: "tuple",
      parameters: [{ brief: "The layout", placeholder: "DIR", parse: String }],
    },
  },
  async func(this: Context, flags: Flags, directory: string): Promise<void> {
    using output = new Output(this, flags);
    const { openLayout } = await import("../../lib/layout/open_layout.ts");
    const { collectLayout } = await import("../../lib/layout/garbage.ts");
    await using layout = await openLayout(directory.replace(/^oci:/, ""));
    const { dryRun = false } = flags;
    const blobs = await collectLayout(layout, { dryRun });
    for (const blob of blobs) output.result(`${blob.digest} ${formatBytes(blob.size)}`, blob);
    const bytes = formatBytes(blobs.reduce((sum, { size }) => sum + size, 0));
    const count = `${blobs.length} ${blobs.length === 1 ? "blob" : "blobs"}`;
    output.note(`${dryRun ? "would remove" : "removed"} ${count}, ${bytes}`);
  },
});
