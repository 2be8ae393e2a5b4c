import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { makeImage } from "../support/images.ts";
import { runDavit } from "../support/cli.ts";
import { runOk } from "../support/command.ts";
import { peerTest } from "../support/peers.ts";
import { serveDavit } from "../support/served_davit.ts";
import { tempDir } from "../support/temp_dir.ts";
import { openWorld } from "./world.ts";

const IMAGE = makeImage([[{ path: "etc/greeting", content: "hello" }]]);

async function statusOf(url: string, init?: RequestInit): Promise<number> {
  const response = await fetch(url, init);
  await response.body?.cancel();
  return response.status;
}

Deno.test("registry serve --read-only gives what is on the disk and takes nothing", async () => {
  await using directory = await tempDir();
  const disk = ["--disk", directory.path];
  await using world = await openWorld();
  await world.push("app:v1", IMAGE);
  {
    await using server = await serveDavit(disk);
    const { code } = await runDavit([
      "copy",
      `${world.registry}/app:v1`,
      `${server.address}/app:v1`,
    ]);
    assertEquals(code, 0);
  }
  await using server = await serveDavit([...disk, "--read-only"]);
  assertEquals((await runDavit(["ls", `${server.address}/app`])).stdout, "v1\n");
  const pushed = await runDavit(["tag", `${server.address}/app:v1`, "v2"]);
  assertEquals(pushed.code, 1);
  assertStringIncludes(pushed.stderr, "read-only");
  const upload = `http://${server.address}/v2/app/blobs/uploads/`;
  assertEquals(await statusOf(upload, { method: "POST" }), 405);
  assertEquals((await runDavit(["ls", `${server.address}/app`])).stdout, "v1\n");
});

Deno.test("registry serve --log writes every request to stderr as one line of JSON", async () => {
  await using server = await serveDavit(["--log"]);
  await statusOf(`http://${server.address}/v2/`);
  await statusOf(`http://${server.address}/v2/app/tags/list?n=1`);
  const events = server.lines.map((line) => JSON.parse(line));
  for (const { time, milliseconds } of events) {
    assertMatch(time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    assertEquals(typeof milliseconds, "number");
  }
  assertEquals(events.map(({ time: _, milliseconds: __, ...rest }) => rest), [
    { method: "GET", path: "/v2/", status: 200 },
    { method: "GET", path: "/v2/app/tags/list?n=1", status: 404, code: "NAME_UNKNOWN" },
  ]);
});

Deno.test("registry serve without --log says nothing of requests", async () => {
  await using server = await serveDavit([]);
  await statusOf(`http://${server.address}/v2/`);
  assertEquals(server.lines, []);
});

peerTest(
  "registry serve --tls-cert --tls-key answers by HTTPS",
  { needs: ["curl", "openssl"] },
  async () => {
    await using directory = await tempDir();
    const [key, cert] = [directory.join("registry.key"), directory.join("registry.crt")];
    const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"];
    const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"];
    await runOk("openssl", [
      ...["req", "-x509", "-nodes", "-days", "1"],
      ...subject,
      ...curve,
      ...["-keyout", key, "-out", cert],
    ]);
    await using server = await serveDavit(["--tls-cert", cert, "--tls-key", key]);
    const url = `https://${server.address}/v2/`;
    assertEquals((await runOk("curl", ["-sS", "--cacert", cert, url])).stdout, "{}");
  },
);

Deno.test("registry serve --fault misbehaves as often as the rules say, and davit copes", async () => {
  await using world = await openWorld();
  await world.push("app:v1", IMAGE);
  const faults = [{ path: "/manifests/", times: 1, status: 429, retryAfter: "0" }];
  const file = await world.write("faults.json", JSON.stringify(faults));
  await using server = await serveDavit(["--fault", file, "--log"]);
  const words = ["copy", `${world.registry}/app:v1`, `${server.address}/app:v1`];
  const { code, stderr } = await runDavit(words);
  assertEquals(code, 0, stderr);
  const statuses = server.lines.map((line) => JSON.parse(line).status);
  assertEquals(statuses.filter((status) => status === 429).length, 1);
});

for (
  const { content, says } of [
    { content: '[{"status":200}]', says: "expected a status from 400 to 599 at $[0].status" },
    { content: '[{"after":1}]', says: "expected one of method, path, skip" },
    { content: '[{"path":"("}]', says: "Invalid regular expression" },
  ]
) {
  Deno.test(`registry serve refuses the faults ${content}`, async () => {
    await using world = await openWorld();
    const file = await world.write("faults.json", content);
    const { code, stderr } = await runDavit(["registry", "serve", "--fault", file]);
    assertEquals([code === 0, stderr.includes(says)], [false, true], stderr);
  });
}

/** Writes the users of `htpasswd -B`, with the passwords "secret" and "other". */
async function writeUsers(path: string): Promise<string> {
  for (const [flags, ...pair] of [["-Bbc", "ann", "secret"], ["-Bb", "bob", "other"]] as const) {
    await runOk("htpasswd", [flags, path, ...pair]);
  }
  return path;
}

const RULES = JSON.stringify([
  { repositories: "open/*", users: ["anonymous"], actions: ["pull"] },
  { repositories: "**", users: ["ann"], actions: ["pull", "push", "delete"] },
]);

peerTest("registry serve --htpasswd --access lets in whom they name", {
  needs: ["htpasswd"],
}, async () => {
  await using world = await openWorld();
  const users = await writeUsers(`${world.dir}/users`);
  const access = await world.write("access.json", RULES);
  await using server = await serveDavit(["--htpasswd", users, "--access", access, "--log"]);
  const ask = async (path: string, pair?: string) =>
    await statusOf(`http://${server.address}/v2/${path}`, {
      headers: pair === undefined ? {} : { authorization: `Basic ${btoa(pair)}` },
    });
  assertEquals(await ask(""), 401);
  assertEquals(await ask("", "ann:secret"), 200);
  assertEquals(await ask("", "ann:other"), 401);
  assertEquals(await ask("", "eve:secret"), 401);
  assertEquals(await ask("app/tags/list", "bob:other"), 403);
  assertEquals(await ask("open/app/tags/list"), 404);
  const named = server.lines.map((line) => JSON.parse(line).user);
  assertEquals(named, [undefined, "ann", undefined, undefined, "bob", undefined]);

  const config = `${world.dir}/docker`;
  await world.push("app:v1", IMAGE);
  await world.write(
    "docker/config.json",
    JSON.stringify({ auths: { [server.address]: { auth: btoa("ann:secret") } } }),
  );
  const words = ["copy", `${world.registry}/app:v1`, `${server.address}/open/app:v1`];
  const refused = await runDavit(words);
  assertEquals(refused.code, 1);
  const { code, stderr } = await runDavit(words, { env: { DOCKER_CONFIG: config } });
  assertEquals(code, 0, stderr);
  assertEquals((await runDavit(["ls", `${server.address}/open/app`])).stdout, "v1\n");
});

for (
  const { file, content, says } of [
    { file: "users", content: "ann", says: "in line 1" },
    { file: "users", content: "\nann:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=", says: "in line 2" },
    { file: "access", content: "{}", says: "expected an array" },
    {
      file: "access",
      content: '[{"repositories":"a","users":[],"actions":["pul"]}]',
      says: 'expected "pull", "push" or "delete" at $[0].actions[0], got "pul"',
    },
    {
      file: "access",
      content: '[{"repositories":"a","users":[],"actions":[],"user":"ann"}]',
      says: "expected no such member at $[0].user",
    },
  ]
) {
  Deno.test(`registry serve refuses the ${file} ${JSON.stringify(content)}`, async () => {
    await using world = await openWorld();
    await world.write("users", "");
    await world.write("access", "[]");
    await world.write(file, content);
    const paths = ["--htpasswd", `${world.dir}/users`, "--access", `${world.dir}/access`];
    const { code, stderr } = await runDavit(["registry", "serve", ...paths]);
    assertEquals([code === 0, stderr.includes(says)], [false, true], stderr);
  });
}

for (
  const { words, code, says } of [
    { words: ["--access", "x"], code: 2, says: "expected --htpasswd too" },
    { words: ["--tls-cert", "x.crt"], code: 2, says: "expected both --tls-cert and --tls-key" },
    { words: ["--tls-key", "x.key"], code: 2, says: "expected both --tls-cert and --tls-key" },
    { words: ["--tls-cert", "/no/a", "--tls-key", "/no/b"], code: 3, says: '"/no/a"' },
  ]
) {
  Deno.test(`registry serve ${words.join(" ")} is refused before it listens`, async () => {
    const result = await runDavit(["registry", "serve", ...words]);
    assertEquals([result.code, result.stdout], [code, ""]);
    assertStringIncludes(result.stderr, says);
  });
}

Deno.test("registry serve --upstream serves what another registry has, also after it is gone", async () => {
  await using cached = await openWorld();
  await cached.push("library/app:v1", IMAGE);
  const upstream = ["--upstream", cached.registry, "--fallback", cached.registry];
  await using cache = await serveDavit(upstream);
  const pull = (name: string) =>
    runDavit(["export", `${cache.address}/${name}`, "-", "--platform", "linux/amd64"]);
  assertEquals((await pull("library/app:v1")).code, 0);
  const prefix = cached.registry.replace(":", "_");
  await cached[Symbol.asyncDispose]();
  const { code, stderr } = await pull(`${prefix}/library/app:v1`);
  assertEquals(code, 0, stderr);
  assertStringIncludes(stderr, "does not answer");
});

Deno.test("registry serve --fallback names one of the upstreams", async () => {
  const { code, stderr } = await runDavit(["registry", "serve", "--fallback", "docker.io"]);
  assertEquals(code, 2);
  assertStringIncludes(stderr, "--upstream");
});

Deno.test("registry gc removes what no manifest has from a directory that is being served", async () => {
  await using directory = await tempDir();
  await using world = await openWorld();
  await world.push("app:v1", IMAGE);
  await using server = await serveDavit(["--disk", directory.path]);
  const name = `${server.address}/app:v1`;
  assertEquals((await runDavit(["copy", `${world.registry}/app:v1`, name])).code, 0);
  const gc = (...words: string[]) => runDavit(["registry", "gc", directory.path, ...words]);
  const now = ["--delay", "1ms"];
  assertEquals((await gc()).stderr, "removed 0 blobs, 0 B\n");
  assertEquals((await gc(...now)).stdout, "");
  const { stdout: digest } = await runDavit(["digest", name]);
  const deleted = await runDavit(["delete", `${server.address}/app@${digest.trim()}`]);
  assertEquals(deleted.code, 0, deleted.stderr);
  assertMatch((await gc(...now, "--dry-run")).stderr, /^would remove 2 blobs, /);
  const { stdout, stderr } = await gc(...now, "--json");
  const lines = stdout.trim().split("\n").map((line) => JSON.parse(line));
  assertEquals(lines.map(({ kind, repository }) => [kind, repository]), [
    ["removed", "app"],
    ["removed", "app"],
    ["total", undefined],
  ]);
  const bytes = lines[0].size + lines[1].size;
  assertEquals(lines[2], { kind: "total", removed: 2, bytes, skipped: [] });
  assertEquals(stderr, "");
});

Deno.test("registry serve --cache-for is for what comes from upstreams", async () => {
  const { code, stderr } = await runDavit(["registry", "serve", "--cache-for", "720h"]);
  assertEquals(code, 2);
  assertStringIncludes(stderr, "expected --upstream");
});

Deno.test("registry gc does not make the directory that it is told to clean", async () => {
  await using directory = await tempDir();
  const { code, stderr } = await runDavit(["registry", "gc", directory.join("none")]);
  assertEquals(code, 3);
  assertStringIncludes(stderr, "none");
});

Deno.test("registry serve --gc collects garbage while it serves, and logs it", async () => {
  await using server = await serveDavit(["--gc", "5ms", "--gc-delay", "1ms", "--log"]);
  const upload = `http://${server.address}/v2/app/blobs/uploads/?digest=sha256:${EMPTY}`;
  assertEquals(await statusOf(upload, { method: "POST" }), 201);
  while (!server.lines.some((line) => line.includes('"gc"'))) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  const line = JSON.parse(server.lines.find((line) => line.includes('"gc"')) ?? "");
  assertEquals([line.removed, line.bytes], [1, 0]);
});

const EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

Deno.test("registry serve --quota refuses what is too much, in words that a client shows", async () => {
  await using world = await openWorld();
  await world.push("app:v1", IMAGE);
  await using server = await serveDavit(["--quota", "0.1kB", "--repository-quota", "1MiB"]);
  const { code, stderr } = await runDavit([
    "copy",
    `${world.registry}/app:v1`,
    `${server.address}/app:v1`,
  ]);
  assertEquals(code, 1);
  assertStringIncludes(
    stderr,
    "the quota is used up: 1048576 bytes a repository, 100 bytes in all",
  );
});

for (const size of ["1 parsec", "-1", "1e3", "GB", ""]) {
  Deno.test(`registry serve --quota "${size}" is refused before it listens`, async () => {
    const { code } = await runDavit(["registry", "serve", `--quota=${size}`]);
    assertEquals(code, 2);
  });
}
