import { writeTar } from "../../lib/tar/write_tar.ts";

/** A file's content, or where a link points. */
export type FileSpec =
  | string
  | Uint8Array
  | { readonly symlink: string }
  | { readonly hardlink: string };

/** Writes a tar of files and links, in the order given; a path may come more than once. */
export async function makeTar(
  path: string,
  files: Iterable<readonly [name: string, spec: FileSpec]>,
): Promise<void> {
  const entries = [...files].map(([name, spec]) => {
    const common = { name, mode: 0o644, uid: 0, gid: 0, mtime: 0 };
    if (typeof spec === "object" && "symlink" in spec) {
      return { header: { ...common, type: "symlink" as const, linkName: spec.symlink, size: 0 } };
    }
    if (typeof spec === "object" && "hardlink" in spec) {
      return { header: { ...common, type: "hardlink" as const, linkName: spec.hardlink, size: 0 } };
    }
    const body = typeof spec === "string" ? new TextEncoder().encode(spec) : spec;
    return { header: { ...common, type: "file" as const, size: body.length }, body };
  });
  await Deno.writeFile(path, writeTar(entries));
}
