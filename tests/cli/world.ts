import { createIndex } from "../../lib/image/create_index.ts";
import type { Index, View } from "../../lib/image/image.ts";
import { Repository } from "../../lib/registry/repository.ts";
import { Transport } from "../../lib/registry/transport.ts";
import { serveRegistry } from "../../lib/server/serve_registry.ts";
import { copy } from "../../lib/store/copy.ts";
import { makeImage } from "../support/images.ts";
import { tempDir } from "../support/temp_dir.ts";

/** A registry that is served by this process, and an empty directory. */
export interface World extends AsyncDisposable {
  /** What names in the registry begin with. */
  readonly registry: string;
  readonly dir: string;
  /** Writes a file below the directory, parents included, and returns its path. */
  write(path: string, content: string | Uint8Array): Promise<string>;
  /** What is directly in the directory, sorted. */
  list(): Promise<readonly string[]>;
  /** Pushes a view as `REPOSITORY:TAG` and returns its digest. */
  push(name: string, view: View): Promise<string>;
}

/** Opens an empty world. */
export async function openWorld(): Promise<World> {
  await using scope = new AsyncDisposableStack();
  const server = scope.use(await serveRegistry());
  const { path: dir } = scope.use(await tempDir());
  const owned = scope.move();
  return {
    registry: server.address,
    dir,
    async write(path, content) {
      const target = `${dir}/${path}`;
      await Deno.mkdir(target.slice(0, target.lastIndexOf("/")), { recursive: true });
      await Deno.writeFile(
        target,
        typeof content === "string" ? new TextEncoder().encode(content) : content,
      );
      return target;
    },
    async list() {
      return (await Array.fromAsync(Deno.readDir(dir))).map(({ name }) => name).sort();
    },
    async push(name, view) {
      const [repository = "", tag = ""] = name.split(":");
      using transport = new Transport();
      await using store = new Repository({ registry: server.address, repository }, { transport });
      return (await copy(view, store, { names: [tag] })).digest;
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** An index of one small image each for amd64 and arm64, which hold a file of that name. */
export function twoPlatforms(): Index {
  return createIndex(["amd64", "arm64"].map((architecture) => ({
    image: makeImage([[{ path: "arch", content: architecture }]], {
      platform: `linux/${architecture}`,
    }),
  })));
}
