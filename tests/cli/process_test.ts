import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { DAVIT, runDavitOk, spawnDavit } from "../support/cli.ts";
import { run } from "../support/command.ts";
import { peerTest } from "../support/peers.ts";
import { digestBytes } from "../../lib/oci/digest.ts";
import { MEDIA_TYPE } from "../../lib/oci/media_type.ts";
import { layerFromEntries } from "../../lib/layer/entries.ts";
import { appendLayers } from "../../lib/image/append.ts";
import { emptyImage } from "../../lib/image/empty.ts";
import { openWorld, type World } from "./world.ts";

/** More than fits into a pipe or a socket's buffers, and does not compress. */
const LARGE = crypto.getRandomValues(new Uint8Array(65_536));

const INDEX = new TextEncoder().encode(JSON.stringify({
  schemaVersion: 2,
  mediaType: MEDIA_TYPE.ociIndex,
  manifests: [{ mediaType: MEDIA_TYPE.ociManifest, digest: `sha256:${"a".repeat(64)}`, size: 9 }],
}));
const INDEX_DIGEST = await digestBytes(INDEX);

async function pushLarge(world: World): Promise<string> {
  const entries = Array.from({ length: 200 }, (_, i) => ({ path: `file${i}`, content: LARGE }));
  const layer = layerFromEntries(entries, { compression: "none" });
  await world.push("large:v1", appendLayers(emptyImage(), [layer]));
  return `${world.registry}/large:v1`;
}

for (
  const { words, code } of [
    { words: ["version"], code: 0 },
    { words: [], code: 0 },
    { words: ["pull", "REG/app:nope", "out.tar"], code: 3 },
    { words: ["nope"], code: 2 },
    { words: ["push", "text", "REG/app:v1"], code: 1 },
  ]
) {
  Deno.test(`the process exits ${code} after "davit ${words.join(" ")}"`, async () => {
    await using world = await openWorld();
    await world.write("text", "no archive");
    const here = words.map((word) => word.replace("REG", world.registry));
    const result = await spawnDavit(here, { cwd: world.dir });
    assertEquals(result.code, code, result.stderr);
    assertMatch(result.stderr, code === 0 ? /^$/ : /^davit: Cannot [^\n]+\n$/);
    assertEquals(await world.list(), ["text"]);
  });
}

for (const words of [["export", "IMAGE"], ["export", "IMAGE", "-"], ["manifest", "IMAGE"]]) {
  Deno.test(`${words.join(" ")} | head -c1 ends quietly`, async () => {
    await using world = await openWorld();
    const image = await pushLarge(world);
    const here = words.map((word) => word.replace("IMAGE", image));
    const script = '"$@" | head -c1; echo " ${PIPESTATUS[0]}"';
    const shell = ["-c", script, "bash", Deno.execPath(), ...DAVIT, ...here];
    const { stdout, stderr } = await run("bash", shell);
    assertEquals(stderr, "");
    assertMatch(stdout, / 0\n$/);
  });
}

for (const words of [["--help"], ["append", "--help"], ["version"], ["ls", "IMAGE"], ["nope"]]) {
  Deno.test(`${words.join(" ")} into a closed pipe ends quietly`, async () => {
    await using world = await openWorld();
    const image = await pushLarge(world);
    const here = words.map((word) => word.replace("IMAGE", image.replace(":v1", "")));
    const script = '(sleep 0.3; "$@") 2>&1 | true; echo "${PIPESTATUS[0]}"';
    const shell = ["-c", script, "bash", Deno.execPath(), ...DAVIT, ...here];
    const { stdout, stderr } = await run("bash", shell);
    assertEquals(stderr, "");
    assertEquals(stdout, words[0] === "nope" ? "2\n" : "0\n");
  });
}

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  for (
    const { why, words } of [
      { why: "a pull that stalls", words: ["pull", "STALLED/app:v1", "out.tar"] },
      { why: "a choice of a platform that stalls", words: ["config", "STALLED/app:index"] },
      { why: "a layout that stalls", words: ["pull", "--format=oci", "STALLED/app:v1", "out"] },
      {
        why: "an append that waits for its input",
        words: ["append", "-f", "-", "-t", "x", "-o", "o"],
      },
      { why: "an export that waits for its input", words: ["export", "-", "out.tar"] },
    ]
  ) {
    Deno.test(`${signal} ends ${why}: exit 130, one line, nothing left`, async () => {
      await using world = await openWorld();
      await using stalled = serveNothing();
      const here = words.map((word) => word.replace("STALLED", stalled.address));
      const child = new Deno.Command(Deno.execPath(), {
        args: [...DAVIT, ...here],
        cwd: world.dir,
        stdin: "piped",
        stdout: "piped",
        stderr: "piped",
        env: { TMPDIR: world.dir },
      }).spawn();
      const stdin = child.stdin.getWriter();
      await stdin.write(new Uint8Array(1024));
      await until(async () => stalled.asked > 0 || (await world.list()).length > 0);
      child.kill(signal);
      const { code, stderr } = await child.output();
      await stdin.close().catch(() => {});
      assertEquals(code, 130);
      assertEquals(
        new TextDecoder().decode(stderr),
        `davit: Interrupted by ${signal}: nothing half-written was published\n`,
      );
      assertEquals(await world.list(), []);
    });
  }
}

Deno.test("registry serve ends at SIGINT with exit 0, and keeps what was pushed to its disk", async () => {
  await using world = await openWorld();
  const serve = () =>
    new Deno.Command(Deno.execPath(), {
      args: [...DAVIT, "registry", "serve", "--json", "--disk", `${world.dir}/disk`],
      stdout: "piped",
      stderr: "piped",
    }).spawn();
  for (const [round, tags] of ["v1\n", "v1\nv2\n"].entries()) {
    const child = serve();
    const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
    const { value = "" } = await reader.read();
    const { address, disk } = JSON.parse(value);
    assertEquals(disk, `${world.dir}/disk`);
    await runDavitOk(["append", "--remove", "a", "-t", `${address}/app:v${round + 1}`]);
    assertEquals((await runDavitOk(["ls", `${address}/app`])).stdout, tags);
    child.kill("SIGINT");
    await reader.cancel();
    assertEquals(await new Response(child.stderr).text(), "");
    assertEquals((await child.status).code, 0);
  }
});

peerTest("progress on a real terminal is gone at the end", { needs: ["script"] }, async () => {
  await using world = await openWorld();
  await pushLarge(world);
  const words = ["pull", `${world.registry}/large:v1`, `${world.dir}/out.tar`];
  const command = [Deno.execPath(), ...DAVIT, ...words].join(" ");
  const { stdout } = await run("script", ["-qec", command, "/dev/null"], {
    env: { TERM: "xterm" },
  });
  const lines = stdout.split("\n").filter((line) => line.trim() !== "");
  assertEquals(lines.length, 1, stdout);
  assertMatch(lines[0] ?? "", /sha256:[0-9a-f]{64}\r$/);
});

/** A registry that takes every question and never answers. */
/** A registry that has an index under `app:index`, and never answers to anything else. */
function serveNothing() {
  const stop = new AbortController();
  let asked = 0;
  const server = Deno.serve({
    hostname: "127.0.0.1",
    port: 0,
    signal: stop.signal,
    onListen() {},
  }, ({ method, url }) => {
    if (url.endsWith("/manifests/index")) {
      const headers = {
        "content-type": MEDIA_TYPE.ociIndex,
        "content-length": `${INDEX.length}`,
        "docker-content-digest": INDEX_DIGEST,
      };
      return new Response(method === "HEAD" ? null : INDEX, { headers });
    }
    if (url.endsWith(`/manifests/${INDEX_DIGEST}`)) return new Response(INDEX);
    asked++;
    return new Promise<Response>((resolve) =>
      stop.signal.addEventListener("abort", () => resolve(new Response(null)), { once: true })
    );
  });
  return {
    address: `127.0.0.1:${server.addr.port}`,
    get asked() {
      return asked;
    },
    async [Symbol.asyncDispose]() {
      stop.abort();
      await server.finished;
    },
  };
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  for (let attempt = 0; attempt < 400; attempt++) {
    if (await condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  assert(false, "it never happened");
}

for (
  const { words, says } of [
    { words: "manifest IMAGE > /dev/full", says: "write to standard output: no space left" },
    { words: "export IMAGE > /dev/full", says: "write to standard output: no space left" },
    { words: "version > /dev/full", says: "write to standard output: no space left" },
    { words: "export IMAGE /dev/full", says: 'write "/dev/full": no space left' },
    { words: "pull IMAGE nodir/x.tar", says: "directory that it belongs in does not exist" },
    { words: "pull IMAGE text/x.tar", says: "what stands for a directory in the path" },
    { words: "push --image-refs nodir/x IMAGE.tar IMAGE", says: 'write "nodir/x"' },
  ]
) {
  Deno.test(`davit ${words} fails in one line, in words`, async () => {
    await using world = await openWorld();
    await world.write("text", "");
    const image = await pushLarge(world);
    await runDavitOk(["pull", image, `${world.dir}/image.tar`]);
    const script = words.replace("IMAGE.tar", "image.tar").replaceAll("IMAGE", image);
    const davit = [Deno.execPath(), ...DAVIT].join(" ");
    const { code, stderr } = await run("bash", ["-c", `${davit} ${script}`], { cwd: world.dir });
    assertEquals(code, 1, stderr);
    assertMatch(stderr, /^davit: Cannot [^\n]+\n$/);
    assertStringIncludes(stderr, says);
    assertEquals(stderr.includes("os error"), false, stderr);
    assertEquals(await world.list(), ["image.tar", "text"]);
  });
}
