import type { Outline, View } from "./image.ts";

/** What a view's descriptor says, as far as it is known without any layer's bytes. */
export async function outlineOf(view: View): Promise<Outline> {
  return view.kind === "image" && view.outline !== undefined
    ? await view.outline()
    : await view.descriptor();
}
