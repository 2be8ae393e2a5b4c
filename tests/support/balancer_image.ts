import type { Engine } from "./engine.ts";
import { buildImageOnce } from "./program_image.ts";

const STREAM_MODULE = "/usr/lib/nginx/modules/ngx_stream_module.so";

/**
 * The image of a load balancer: `DAVIT_TEST_BALANCER_IMAGE`, or Debian's nginx, which starts as
 * Docker Hub's does, but for the module that is a file of its own here.
 */
export async function balancerImage(engine: Engine): Promise<string> {
  const chosen = Deno.env.get("DAVIT_TEST_BALANCER_IMAGE");
  if (chosen !== undefined) return chosen;
  return await buildImageOnce(engine, {
    repository: "davit-test/nginx",
    programs: { nginx: "bin/nginx", [STREAM_MODULE]: STREAM_MODULE },
    files: [
      { path: "etc/nginx/nginx.conf", content: "" },
      {
        path: "etc/passwd",
        content: "root:x:0:0::/:/bin/sh\nnobody:x:65534:65534::/:/bin/false\n",
      },
      { path: "etc/group", content: "root:x:0:\nnobody:x:65534:\nnogroup:x:65533:\n" },
      ...["var/log/nginx", "var/lib/nginx", "run", "tmp"].map((path) => (
        { path, type: "directory" as const, mode: 0o777 }
      )),
    ],
    config: {
      entrypoint: ["/bin/nginx"],
      cmd: ["-g", `daemon off; load_module ${STREAM_MODULE};`],
      env: { PATH: "/bin", LD_LIBRARY_PATH: "/lib" },
      stopSignal: "SIGQUIT",
    },
  });
}

/** The image of a load balancer that is HAProxy: Debian's, which starts as Docker Hub's does. */
export async function haproxyImage(engine: Engine): Promise<string> {
  return await buildImageOnce(engine, {
    repository: "davit-test/haproxy",
    programs: { haproxy: "bin/haproxy" },
    files: [{ path: "usr/local/etc/haproxy", type: "directory" as const, mode: 0o755 }],
    config: {
      entrypoint: ["/bin/haproxy", "-W", "-db", "-f", "/usr/local/etc/haproxy/haproxy.cfg"],
      env: { PATH: "/bin", LD_LIBRARY_PATH: "/lib" },
      stopSignal: "SIGUSR1",
    },
  });
}
