import type { LayerEntry } from "../../layer/layer_entry.ts";

/** How a module names another one of the same program: imports, exports and workers. */
const RELATIVE =
  /(?:^|[\s;}])(?:import|export)\b[^"';]*?["'](\.{1,2}\/[^"']+)["']|\bimport\(\s*["'](\.{1,2}\/[^"']+)["']|new URL\(\s*["'](\.{1,2}\/[^"']+)["']\s*,\s*import\.meta\.url/g;

/**
 * A module with everything that it imports by relative paths, as files of an image.
 *
 * @param entry Where the module is: `file:///davit/lib/server/mod.ts`.
 * @param root Where the program begins, with a slash at its end; all modules lie below it.
 * @param target The directory of the image that stands for the root.
 * @throws {TypeError} When a module cannot be read.
 */
export async function readModuleFiles(
  entry: URL,
  root: URL,
  target: string,
): Promise<readonly LayerEntry[]> {
  const modules = new Map<string, string>();
  let wave = [entry.href];
  while (wave.length > 0) {
    const texts = await Promise.all(
      wave.map(async (href): Promise<[string, string]> => [href, await readModule(href)]),
    );
    for (const [href, text] of texts) modules.set(href, text);
    wave = [...new Set(texts.flatMap(([href, text]) => importsOf(href, text)))]
      .filter((href) => !modules.has(href));
  }
  return [...modules].map(([href, content]) => ({
    path: `${target}/${href.slice(root.href.length)}`,
    content,
  }));
}

function importsOf(href: string, text: string): readonly string[] {
  return [...text.matchAll(RELATIVE)].flatMap(([, first, second, third]) => {
    const specifier = first ?? second ?? third;
    return specifier === undefined ? [] : [new URL(specifier, href).href];
  });
}

async function readModule(href: string): Promise<string> {
  const answer = await fetch(href);
  if (answer.ok) return await answer.text();
  await answer.body?.cancel();
  throw new TypeError(`Cannot read module "${href}": got status ${answer.status}`);
}
