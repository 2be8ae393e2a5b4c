import { assert, assertEquals } from "@std/assert";
import { serveRegistry } from "../../lib/server/serve_registry.ts";
import { spawnDavit } from "../support/cli.ts";
import { makeCertificates } from "../support/docker_registry.ts";
import { startForwardProxy } from "../support/forward_proxy.ts";
import { peerTest } from "../support/peers.ts";
import { tempDir } from "../support/temp_dir.ts";

for (const isSecure of [false, true]) {
  const scheme = isSecure ? "https" : "http";
  peerTest(`pushes and pulls by ${scheme} go through the proxy of the environment`, {
    needs: ["openssl"],
  }, async () => {
    await using dir = await tempDir();
    await makeCertificates(dir.path);
    const [cert, key] = await Promise.all(
      ["tls.crt", "tls.key"].map((name) => Deno.readTextFile(dir.join(name))),
    );
    const tls = cert !== undefined && key !== undefined ? { cert, key } : undefined;
    await using server = await serveRegistry(isSecure && tls !== undefined ? { tls } : {});
    await using proxy = startForwardProxy();
    const image = `${server.address}/app:v1`;
    const env = {
      DOCKER_CONFIG: dir.path,
      HTTP_PROXY: proxy.url,
      HTTPS_PROXY: proxy.url,
      "http_proxy": "",
      "https_proxy": "",
      NO_PROXY: "",
    };
    const trust = isSecure ? ["--ca", dir.join("ca.crt")] : [];
    await Deno.mkdir(dir.join("site"));
    await Deno.writeTextFile(dir.join("site/index.html"), "ahoy");
    const append = ["append", "--directory", dir.join("site"), "-t", image, ...trust];
    const pushed = await spawnDavit(append, { env });
    assertEquals(pushed.code, 0, pushed.stderr);
    const pulled = await spawnDavit(["copy", image, `oci:${dir.join("out")}:v1`, ...trust], {
      env,
    });
    assertEquals(pulled.code, 0, pulled.stderr);
    assert(proxy.lines.length > 1);
    const wanted = isSecure ? `CONNECT ${server.address} ` : `http://${server.address}/v2/app/`;
    assert(proxy.lines.some((line) => line.includes(wanted)), proxy.lines.join("\n"));

    const seen = proxy.lines.length;
    const direct = await spawnDavit(["digest", image, ...trust], {
      env: { ...env, NO_PROXY: "127.0.0.1" },
    });
    assertEquals(direct.code, 0, direct.stderr);
    assertEquals(proxy.lines.length, seen, "NO_PROXY is heeded");
  });
}

peerTest("a proxy that is not there is named, not waited for", { needs: [] }, async () => {
  await using server = await serveRegistry();
  const env = { HTTP_PROXY: "http://127.0.0.1:1", NO_PROXY: "" };
  const { code, stderr } = await spawnDavit(["digest", `${server.address}/app:v1`], { env });
  assertEquals(code, 1);
  assertEquals(stderr.trim().split("\n").length, 1, stderr);
});
