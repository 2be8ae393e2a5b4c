import type { Descriptor } from "../oci/descriptor.ts";
import { digestBytes } from "../oci/digest.ts";
import { appendJson } from "../oci/json.ts";
import { keepJsonItems } from "../oci/json_items.ts";
import { setDescriptor } from "./descriptor_texts.ts";
import type { Index, View } from "./image.ts";
import { type IndexMember, membersOf } from "./index_member.ts";
import { remember } from "./remember.ts";

/** What an edit changes of an index; all else stays byte for byte. */
export interface IndexEdit {
  /** The members that stay, of those the index has; all unless said. */
  readonly kept?: ReadonlySet<IndexMember>;
  /** Other views in the place of members that stay. */
  readonly replaced?: ReadonlyMap<IndexMember, View>;
  /** Members that are put behind the others. */
  readonly added?: readonly IndexMember[];
}

/**
 * The mechanism under every edit of an index: a view that applies the edit to the exact text of the
 * base when it is asked for it.
 *
 * @param members What the base lists, by `membersOf`.
 */
export function editIndex(
  base: Index,
  members: readonly IndexMember[],
  edit: IndexEdit,
): Index {
  const { kept = new Set(members), replaced = new Map<IndexMember, View>(), added = [] } = edit;
  const manifest = remember(async () => {
    let text = new TextDecoder().decode(await base.manifest());
    for (const [position, member] of members.entries()) {
      const view = replaced.get(member);
      if (view === undefined) continue;
      const { mediaType, digest, size } = await view.descriptor();
      const data = await embedded(member, view);
      text = setDescriptor(text, ["manifests", position], { mediaType, digest, size, ...data });
    }
    text = keepJsonItems(text, ["manifests"], (position) => {
      const member = members[position];
      return member !== undefined && kept.has(member);
    });
    return new TextEncoder().encode(
      appendJson(text, ["manifests"], ...added.map(({ listed }) => listed)),
    );
  });
  const views = [
    ...members.filter((member) => kept.has(member)).map((member) =>
      replaced.get(member) ?? member.view
    ),
    ...added.map(({ view }) => view),
  ];
  return {
    kind: "index",
    manifest,
    children: () => Promise.resolve(views),
    descriptor: remember(async (): Promise<Descriptor> => {
      const { data: _, ...descriptor } = await base.descriptor();
      const bytes = await manifest();
      return { ...descriptor, digest: await digestBytes(bytes), size: bytes.length };
    }),
  };
}

/** What was embedded in the index stays so. */
async function embedded(
  { descriptor }: IndexMember,
  view: View,
): Promise<Pick<Descriptor, "data">> {
  if (descriptor.data === undefined || view.kind === "blob") return {};
  return { data: (await view.manifest()).toBase64() };
}

/** Edits an index member by member. */
export async function editMembers(
  base: Index,
  change: (members: readonly IndexMember[]) => IndexEdit | Promise<IndexEdit>,
): Promise<Index> {
  const members = await membersOf(base);
  return editIndex(base, members, await change(members));
}
