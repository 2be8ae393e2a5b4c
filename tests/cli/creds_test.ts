import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { serveRegistry } from "../../lib/server/serve_registry.ts";
import { rawServer } from "../registry/raw_server.ts";
import { runDavit, runDavitOk } from "../support/cli.ts";
import { tempDir } from "../support/temp_dir.ts";

interface Guarded extends AsyncDisposable {
  /** `127.0.0.1:port`. */
  readonly registry: string;
  /** Every `Authorization` that was shown, decoded. */
  readonly shown: readonly string[];
}

/** A registry in front of a real one that lets one user in and notes what it is shown. */
async function guard(login: string): Promise<Guarded> {
  const real = await serveRegistry();
  const shown: string[] = [];
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
    const header = request.headers.get("authorization");
    if (header !== null) shown.push(atob(header.replace("Basic ", "")));
    if (header !== `Basic ${btoa(login)}`) {
      const headers = { "www-authenticate": 'Basic realm="x"' };
      return new Response(null, { status: 401, headers });
    }
    const url = new URL(request.url);
    const forwarded = new Request(`http://${real.address}${url.pathname}${url.search}`, request);
    forwarded.headers.delete("authorization");
    return fetch(forwarded, { redirect: "manual" });
  });
  return {
    registry: `127.0.0.1:${server.addr.port}`,
    shown,
    async [Symbol.asyncDispose]() {
      await server.shutdown();
      await real[Symbol.asyncDispose]();
    },
  };
}

/** Pushes an image of one file there. */
async function pushTo({ registry }: Guarded, creds: string): Promise<string> {
  await using dir = await tempDir();
  await Deno.writeTextFile(dir.join("hello"), "hello");
  const image = `${registry}/app:v1`;
  await runDavitOk(["append", "--creds", creds, "--directory", dir.path, "-t", image]);
  return image;
}

Deno.test("--creds signs in, instead of what is stored, and -v says so", async () => {
  await using server = await guard("ann:pa:ss");
  const image = await pushTo(server, "ann:pa:ss");
  const auths = { [server.registry]: { auth: btoa("ann:stored") } };
  const env = { DOCKER_AUTH_CONFIG: JSON.stringify({ auths }) };
  const { stderr } = await runDavitOk(["digest", "-v", "--creds", "ann:pa:ss", image], { env });
  assertEquals(stderr, `credentials for ${server.registry}/app are from --creds\n`);
  assertEquals(new Set(server.shown), new Set(["ann:pa:ss"]));
});

for (
  const { words, stdin } of [
    { words: "ann", stdin: "secret\n" },
    { words: "-", stdin: "ann:secret\r\n" },
    { words: "-", stdin: "ann\nsecret" },
  ]
) {
  Deno.test(`--creds ${words} reads what is missing from ${JSON.stringify(stdin)}`, async () => {
    await using server = await guard("ann:secret");
    await runDavitOk(["catalog", "--creds", words, server.registry], { stdin });
    assertEquals(new Set(server.shown), new Set(["ann:secret"]));
  });
}

Deno.test("copy shows each side its own credentials only", async () => {
  await using from = await guard("ann:source-secret");
  await using to = await guard("bob:target-secret");
  const image = await pushTo(from, "ann:source-secret");
  const target = `${to.registry}/app:v1`;
  const piped = ["copy", "--src-creds", "ann", "--dst-creds", "-", image, target];
  await runDavitOk(piped, { stdin: "source-secret\nbob:target-secret\n" });
  const given = ["--src-creds", "ann:source-secret", "--dst-creds", "bob:target-secret"];
  await runDavitOk(["copy", ...given, image, `${to.registry}/app:v2`]);
  assert(from.shown.every((login) => login.startsWith("ann:")), from.shown.join());
  assert(to.shown.every((login) => login.startsWith("bob:")), to.shown.join());
});

Deno.test("--creds is shown to one registry, not to a second one", async () => {
  await using from = await guard("ann:secret");
  await using to = await guard("ann:secret");
  const words = ["--creds", "ann:secret", `${from.registry}/app`, `${to.registry}/app`];
  const { code, stderr } = await runDavit(["copy", ...words]);
  assertEquals(code, 2);
  assertStringIncludes(stderr, "use --src-creds and --dst-creds");
  assertEquals([...from.shown, ...to.shown], []);
});

Deno.test("credentials of one registry are not shown to the token service of another", async () => {
  await using target = await guard("ann:secret");
  const asked: (string | null)[] = [];
  await using hub = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
    asked.push(request.headers.get("authorization"));
    const realm = `Bearer realm="http://${request.headers.get("host")}/token"`;
    return request.url.includes("/token")
      ? Response.json({ token: "anonymous" })
      : new Response(null, { status: 401, headers: { "www-authenticate": realm } });
  });
  const base = `127.0.0.1:${hub.addr.port}/base`;
  const to = `${target.registry}/app`;
  const { code } = await runDavit(["copy", "--dst-creds", "ann:secret", base, to]);
  assertEquals(code, 1);
  assert(asked.length > 1 && asked.every((header) => !/Basic/.test(header ?? "")));
});

const MISUSE: readonly { readonly words: readonly string[]; readonly code: number }[] = [
  { words: ["--creds", "ann:s3cret"], code: 1 },
  { words: ["--creds", "ann:s3cret", "--json", "-v"], code: 1 },
  { words: ["--creds", ":s3cret"], code: 2 },
  { words: ["--creds", "s3cret:"], code: 2 },
  { words: ["--creds", "s3cret"], code: 2 },
  { words: ["--creds", "ann:s3cret", "--creds", "ann:s3cret"], code: 2 },
  { words: ["--cred", "ann:s3cret"], code: 2 },
];

for (const { words, code: expected } of MISUSE) {
  Deno.test(`ls ${words.join(" ")} fails without a word of the secret`, async () => {
    await using server = await guard("ann:right");
    const { code, stdout, stderr } = await runDavit(["ls", ...words, `${server.registry}/app`]);
    assertEquals([code, stdout], [expected, ""], stderr);
    assert(!stderr.includes("s3cret") && !stderr.includes(btoa("ann:s3cret")), stderr);
  });
}

Deno.test("--timeout ends the wait for a server that says nothing", async () => {
  await using server = rawServer(({ closed }) => closed());
  const words = ["ls", "--timeout", "0.05", `${server.name}/app`];
  const { code, stderr } = await runDavit(words);
  assertEquals(code, 1);
  assertStringIncludes(stderr, "no answer came within 50 ms");
});

for (const text of ["0", "-1", "1h", "90000"]) {
  Deno.test(`--timeout ${text} exits 2`, async () => {
    assertEquals((await runDavit(["ls", `--timeout=${text}`, "test.io/app"])).code, 2);
  });
}
