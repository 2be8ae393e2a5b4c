import type { TarHeader } from "../tar/entry.ts";
import type { TarInput } from "../tar/write_tar.ts";
import { comparePaths } from "./entry_path.ts";

/**
 * Makes the first path of a file the file, and its other paths hard links to that: a link may not
 * come before what it repeats. A link to what is not here is left as it is.
 *
 * @param inputs The entries by their paths; changed in place.
 * @throws {TypeError} For a link to what is no file, and for links that go round.
 */
export function linkFirstPaths(inputs: Map<string, TarInput>): void {
  const linksOf = new Map<string, string[]>();
  for (const [path, { header }] of inputs) {
    if (header.type !== "hardlink") continue;
    const target = fileOf(path, header, inputs);
    if (target === undefined) continue;
    const links = linksOf.get(target) ?? [];
    links.push(path);
    linksOf.set(target, links);
  }
  for (const [target, links] of linksOf) {
    const file = inputs.get(target);
    if (file === undefined) continue;
    const [first = target, ...rest] = [target, ...links].sort(comparePaths);
    inputs.set(first, { ...file, header: { ...file.header, name: first } });
    for (const name of rest) inputs.set(name, { header: hardLink(file.header, name, first) });
  }
}

/** A second path of a file: it repeats all but the size. */
export function hardLink(file: TarHeader, name: string, linkName: string): TarHeader {
  const { xattrs: _, vendorRecords: __, ...shared } = file;
  return { ...shared, type: "hardlink", name, linkName, size: 0 };
}

function fileOf(
  path: string,
  link: TarHeader,
  inputs: ReadonlyMap<string, TarInput>,
): string | undefined {
  const seen = new Set([path]);
  let target = link.linkName ?? "";
  for (;;) {
    if (seen.has(target)) throw refused(path, "links that end at a file, got a circle");
    seen.add(target);
    const header = inputs.get(target)?.header;
    if (header === undefined) return undefined;
    if (header.type === "file") return target;
    if (header.type !== "hardlink") throw refused(path, `a link to a file, got a ${header.type}`);
    target = header.linkName ?? "";
  }
}

function refused(path: string, expected: string): TypeError {
  return new TypeError(`Cannot put ${JSON.stringify(path)} into a layer: expected ${expected}`);
}
