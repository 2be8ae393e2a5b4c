import { appendLayers } from "../../image/append.ts";
import { configureImage } from "../../image/configure.ts";
import { emptyImage } from "../../image/empty.ts";
import type { Image } from "../../image/image.ts";
import { layerFromEntries } from "../../layer/entries.ts";
import type { LayerEntry } from "../../layer/layer_entry.ts";
import { hostPlatform } from "../../oci/platform.ts";
import { readModuleFiles } from "./module_files.ts";
import { LIBRARY_PATH, readProgramFiles } from "./program_files.ts";

/** What serves davit's own registry in a container, when it is not this library as source. */
export interface RegistryProgram {
  /** The program: davit itself, or Deno. */
  readonly executable: string;
  /** A script for it to run: davit in one file. */
  readonly script?: string;
  /** The words in front of those for the registry: `registry serve`. */
  readonly words: readonly string[];
}

/** An image that is composed only when an engine lacks it. */
export interface ComposedImage {
  /** Its name; the tag follows from all that it is made of. */
  readonly name: string;
  /** Composes it. */
  readonly compose: () => Promise<Image>;
}

/** What an image holds besides Deno, and how Deno is to run it. */
interface Program {
  readonly files: readonly LayerEntry[];
  readonly words: readonly string[];
}

/** Names that begin so are never pulled from anywhere. */
const REPOSITORY = "localhost/davit-registry";
const EXECUTABLE = "/bin/davit";
const SOURCE = "/davit";
/** It must not look for a newer version, nor anywhere else for what it runs. */
const RUN = ["run", "--no-config", "--no-lock", "--no-remote", "--no-npm", "--allow-all"];

/** Starts the registry from source, and ends it in order. */
const MAIN = `import { serveWords } from "./lib/k3s/registries/serve_words.ts";

const end = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"]) Deno.addSignalListener(signal, () => end.abort());
await serveWords(Deno.args, end.signal, console.log);
Deno.exit();
`;

/**
 * The image of davit's own registry: this very program with the libraries of this machine, which
 * needs no network. Nothing is composed yet.
 *
 * @param program What runs there; this library, by the Deno that runs it, unless said.
 * @returns `undefined` where it cannot be: on a machine that is not Linux, and in a program of
 * somebody else's that is a bundle or an executable, which holds no source.
 */
export async function ownRegistryImage(
  program?: RegistryProgram,
): Promise<ComposedImage | undefined> {
  const isSource = !Deno.build.standalone && import.meta.url.endsWith(OWN_PATH);
  if (Deno.build.os !== "linux" || (program === undefined && !isSource)) return undefined;
  const executable = program?.executable ?? Deno.execPath();
  const { files, words } = program === undefined ? await fromSource() : await fromProgram(program);
  const entrypoint = [EXECUTABLE, ...words];
  return {
    name: `${REPOSITORY}:${await fingerprint(executable, files, entrypoint)}`,
    compose: async () => {
      const runtime = layerFromEntries([
        ...await readProgramFiles(executable, EXECUTABLE),
        { path: "tmp", type: "directory", mode: 0o1777 },
      ]);
      const layers = files.length === 0 ? [runtime] : [runtime, layerFromEntries(files)];
      return configureImage(appendLayers(emptyImage({ platform: hostPlatform() }), layers), {
        entrypoint,
        env: {
          ...{ DENO_DIR: "/tmp/deno", DENO_NO_UPDATE_CHECK: "1", NO_COLOR: "1", HOME: "/root" },
          ...{ LD_LIBRARY_PATH: LIBRARY_PATH, PATH: "/bin" },
        },
        volumes: ["/var/lib/registry"],
        exposedPorts: ["5000"],
      });
    },
  };
}

const OWN_PATH = "/lib/k3s/registries/own_image.ts";

async function fromSource(): Promise<Program> {
  const root = new URL("../../../", import.meta.url);
  const modules = await readModuleFiles(new URL("serve_words.ts", import.meta.url), root, SOURCE);
  return {
    files: [...modules, { path: `${SOURCE}/main.ts`, content: MAIN }],
    words: [...RUN, `${SOURCE}/main.ts`],
  };
}

async function fromProgram({ script, words }: RegistryProgram): Promise<Program> {
  if (script === undefined) return { files: [], words };
  const path = `${SOURCE}/davit.js`;
  const content = await Deno.readFile(script);
  return { files: [{ path, content }], words: [...RUN, path, ...words] };
}

/** The program is known by its size and time: to hash it takes longer than all else. */
async function fingerprint(
  executable: string,
  files: readonly LayerEntry[],
  entrypoint: readonly string[],
): Promise<string> {
  const { size, mtime } = await Deno.stat(executable);
  const texts = files.map(({ path, content = "" }) => [
    path,
    typeof content === "string" ? content : new TextDecoder().decode(content),
  ]);
  const parts = JSON.stringify([executable, size, mtime?.getTime(), entrypoint, texts]);
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(parts));
  return new Uint8Array(digest).toHex().slice(0, 16);
}
