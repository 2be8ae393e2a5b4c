import type { Engine } from "./engine.ts";
import { buildImageOnce } from "./program_image.ts";

/** Runs `registry serve FILE` for the name of a settings file alone, as Docker Hub's image does. */
const ENTRYPOINT = `#!/bin/sh
case "$1" in *.yaml | *.yml) set -- serve "$@" ;; esac
exec docker-registry "$@"
`;

/** An image that starts as `registry:2` does, of Debian's docker-registry. */
export async function registryImage(engine: Engine): Promise<string> {
  return await buildImageOnce(engine, {
    repository: "davit-test/registry",
    programs: { "docker-registry": "bin/docker-registry" },
    files: [
      { path: "entrypoint.sh", content: ENTRYPOINT, mode: 0o755 },
      { path: "etc/passwd", content: "root:x:0:0:root:/root:/bin/sh\n" },
      { path: "tmp", type: "directory", mode: 0o1777 },
    ],
    config: {
      entrypoint: ["/entrypoint.sh"],
      cmd: ["/etc/docker/registry/config.yml"],
      env: { PATH: "/bin", LD_LIBRARY_PATH: "/lib" },
      volumes: ["/var/lib/registry"],
      exposedPorts: ["5000"],
    },
  });
}
