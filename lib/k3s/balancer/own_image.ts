import { UnsupportedError } from "../../errors.ts";
import { appendLayers } from "../../image/append.ts";
import { configureImage } from "../../image/configure.ts";
import { emptyImage } from "../../image/empty.ts";
import { layerFromEntries } from "../../layer/entries.ts";
import { hostPlatform } from "../../oci/platform.ts";
import type { ComposedImage } from "../registries/own_image.ts";
import { LIBRARY_PATH, readProgramFiles } from "../registries/program_files.ts";
import { OWN_BALANCER, ROUTES_PATH } from "./own_balancer.ts";

const [EXECUTABLE, PROGRAM] = ["/bin/deno", "/davit/serve_routes.ts"];
const RUN = ["run", "--no-config", "--no-lock", "--no-remote", "--no-npm", "--allow-all"];

/**
 * The image of davit's own load balancer: the Deno that runs davit, and one file. It needs no network
 * and no registry. Nothing is composed yet.
 *
 * @throws {UnsupportedError} On a machine that is not Linux, and in an executable, which holds no source.
 */
export async function ownBalancerImage(): Promise<ComposedImage> {
  const source = new URL("serve_routes.ts", import.meta.url);
  if (Deno.build.os !== "linux" || Deno.build.standalone || !import.meta.url.endsWith(".ts")) {
    throw new UnsupportedError(
      "Cannot compose davit's own load balancer: expected davit as source, run by Deno on Linux; " +
        "--lb-image names an image of nginx instead",
    );
  }
  const executable = Deno.execPath();
  const [program, { size, mtime }] = await Promise.all([
    fetch(source).then((answer) => answer.text()),
    Deno.stat(executable),
  ]);
  const parts = JSON.stringify([executable, size, mtime?.getTime(), RUN, program]);
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(parts));
  return {
    name: `${OWN_BALANCER}:${new Uint8Array(digest).toHex().slice(0, 16)}`,
    compose: async () => {
      const runtime = layerFromEntries([
        ...await readProgramFiles(executable, EXECUTABLE),
        { path: "tmp", type: "directory", mode: 0o1777 },
      ]);
      const files = layerFromEntries([{ path: PROGRAM, content: program }]);
      const base = emptyImage({ platform: hostPlatform() });
      return configureImage(appendLayers(base, [runtime, files]), {
        entrypoint: [EXECUTABLE, ...RUN, PROGRAM, ROUTES_PATH],
        env: {
          ...{ DENO_DIR: "/tmp/deno", DENO_NO_UPDATE_CHECK: "1", NO_COLOR: "1" },
          ...{ LD_LIBRARY_PATH: LIBRARY_PATH, PATH: "/bin" },
        },
      });
    },
  };
}
