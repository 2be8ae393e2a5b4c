import { DockerDaemon } from "../../lib/docker/daemon.ts";
import { appendLayers } from "../../lib/image/append.ts";
import { type ConfigChanges, configureImage } from "../../lib/image/configure.ts";
import { emptyImage } from "../../lib/image/empty.ts";
import { layerFromEntries } from "../../lib/layer/entries.ts";
import type { LayerEntry } from "../../lib/layer/layer_entry.ts";
import { hostPlatform } from "../../lib/oci/platform.ts";
import { copy } from "../../lib/store/copy.ts";
import { findCommand, run, runOk } from "./command.ts";
import type { Engine } from "./engine.ts";

/** An image made of programs of this machine. */
export interface ProgramImage {
  /** Its repository; the tag follows from all that it is made of. */
  readonly repository: string;
  /** The programs, as found in PATH or by path, and where each goes; busybox comes by itself. */
  readonly programs: Readonly<Record<string, string>>;
  /** All other files. */
  readonly files: readonly LayerEntry[];
  /** What a container starts as. */
  readonly config: ConfigChanges;
}

/** Builds an image unless the engine has it, and returns its name. */
export async function buildImageOnce({ host }: Engine, image: ProgramImage): Promise<string> {
  const env = { DOCKER_HOST: host };
  const name = `${image.repository}:${await fingerprint(image)}`;
  using lock = await Deno.open(`${Deno.env.get("TMPDIR") ?? "/tmp"}/davit_test_image.lock`, {
    create: true,
    write: true,
  });
  await lock.lock(true);
  if ((await run("docker", ["image", "inspect", name], { env })).code === 0) return name;
  const layer = layerFromEntries([...await programFiles(image.programs), ...image.files]);
  const base = emptyImage({ platform: hostPlatform() });
  await using daemon = new DockerDaemon({ env });
  await copy(configureImage(appendLayers(base, [layer]), image.config), daemon, { names: [name] });
  await daemon.commit();
  return name;
}

async function fingerprint({ programs, files, config }: ProgramImage): Promise<string> {
  const parts = await Promise.all([
    Deno.readTextFile(new URL(import.meta.url)),
    JSON.stringify(
      [files, config],
      (_, value) => value instanceof Uint8Array ? value.toHex() : value,
    ),
    ...Object.entries(programs).map(async ([command, path]) => {
      const { size, mtime } = await Deno.stat(await pathOf(command));
      return `${command} ${path} ${size} ${mtime?.getTime()}`;
    }),
  ]);
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(parts.join("\n")));
  return new Uint8Array(digest).toHex().slice(0, 16);
}

async function pathOf(command: string): Promise<string> {
  return await Deno.realPath(findCommand(command) ?? command);
}

/** The programs with the libraries they ask for, and busybox with all of its names. */
async function programFiles(
  programs: Readonly<Record<string, string>>,
): Promise<readonly LayerEntry[]> {
  const files = new Map<string, LayerEntry>();
  for (const [command, path] of Object.entries({ ...programs, busybox: "bin/busybox" })) {
    const source = await pathOf(command);
    files.set(path, { path, content: await Deno.readFile(source), mode: 0o755 });
    for (const library of await librariesOf(source)) {
      const target = library.startsWith("/lib64/") ? library : `lib/${library.split("/").at(-1)}`;
      files.set(target, { path: target, content: await Deno.readFile(library), mode: 0o755 });
    }
  }
  const { stdout } = await runOk("busybox", ["--list"]);
  for (const applet of stdout.trim().split("\n")) {
    const path = `bin/${applet}`;
    if (!files.has(path)) files.set(path, { path, type: "symlink", linkName: "busybox" });
  }
  return [...files.values()];
}

/** The shared libraries a program asks for; none of a static one. */
async function librariesOf(path: string): Promise<string[]> {
  const { stdout } = await run("ldd", [path]);
  return [...stdout.matchAll(/(\/\S+) \(0x/g)].flatMap(([, library]) => library ?? []);
}
