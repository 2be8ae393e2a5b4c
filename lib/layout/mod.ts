/**
 * OCI image-layout directories as stores: what skopeo, umoci, crane and buildkit read and write as
 * `oci:DIR`.
 *
 * Several processes may write to one layout at once: blobs appear under their names whole and
 * verified, and `index.json` changes under a lock, entry by entry, so that nobody's images and no
 * unknown field is lost.
 *
 * @example
 * ```ts
 * import { createLayout } from "@davit/davit/layout";
 * import { emptyImage } from "@davit/davit/image";
 * import { copy } from "@davit/davit/store";
 *
 * const directory = await Deno.makeTempDir();
 * await using layout = await createLayout(directory);
 * await copy(emptyImage(), layout, { names: ["v1", "latest"] });
 * await layout.commit();
 * console.assert((await Array.fromAsync(layout.names())).join() === "v1,latest");
 * await Deno.remove(directory, { recursive: true });
 * ```
 *
 * @module
 */
export { cachedContent } from "./cached_content.ts";
export { collectLayout, type CollectLayoutOptions, type UnneededBlob } from "./garbage.ts";
export { Layout } from "./layout.ts";
export { createLayout, openLayout } from "./open_layout.ts";
export { Roots } from "./roots.ts";
export type { NamelessOptions, Root } from "./roots.ts";
