import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { DAVIT, runDavit, runDavitOk } from "../support/cli.ts";
import { peerTest } from "../support/peers.ts";
import { tempDir } from "../support/temp_dir.ts";

type Style = "basic" | "bearer" | "open";

interface Realm extends AsyncDisposable {
  readonly registry: string;
  readonly env: { readonly HOME: string };
  readonly config: string;
  /** The scopes that the token service was asked for. */
  readonly scopes: readonly string[];
}

/** A registry that knows one user, `u` with the password `p`, and an empty home. */
async function openRealm(style: Style): Promise<Realm> {
  await using scope = new AsyncDisposableStack();
  const { path: home } = scope.use(await tempDir());
  const basic = `Basic ${btoa("u:p")}`;
  const scopes: string[] = [];
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
    const url = new URL(request.url);
    const authorization = request.headers.get("authorization");
    if (url.pathname === "/token") {
      scopes.push(...url.searchParams.getAll("scope"));
      return authorization === basic
        ? Response.json({ access_token: "t0ken" })
        : new Response(null, { status: 401 });
    }
    const wanted = style === "basic" ? basic : "Bearer t0ken";
    if (style === "open" || authorization === wanted) return Response.json({});
    const challenge = style === "basic" ? 'Basic realm="x"' : `Bearer realm="${url.origin}/token"`;
    return new Response(null, { status: 401, headers: { "www-authenticate": challenge } });
  });
  scope.defer(() => server.shutdown());
  const owned = scope.move();
  return {
    registry: `127.0.0.1:${server.addr.port}`,
    env: { HOME: home },
    config: `${home}/.docker/config.json`,
    scopes,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

function login({ registry, env }: Realm, password: string, more: readonly string[] = []) {
  const words = ["auth", "login", registry, "-u", "u", "--password-stdin", ...more];
  return runDavit(words, { env, stdin: password });
}

async function exists(path: string): Promise<boolean> {
  return await Deno.lstat(path).then(() => true, () => false);
}

for (const style of ["basic", "bearer"] as const) {
  Deno.test(`login at a ${style} registry stores what the registry takes`, async () => {
    await using realm = await openRealm(style);
    const { code, stdout, stderr } = await login(realm, "p\n");
    const { registry, config, env } = realm;
    assertEquals([code, stderr], [0, ""]);
    assertEquals(stdout, `logged in to ${registry} as u: stored in ${config}\n`);
    const got = await runDavitOk(["auth", "get", registry], { env });
    assertEquals(got.stdout, '{"Username":"u","Secret":"p"}\n');
  });

  Deno.test(`login at a ${style} registry stores nothing that is refused, nor shows it`, async () => {
    await using realm = await openRealm(style);
    const { code, stdout, stderr } = await login(realm, "wr0ng", ["-v"]);
    assertEquals([code, stdout], [1, ""]);
    assertStringIncludes(stderr, 'the credentials of "u" from the command line do not allow it');
    assert(!stderr.includes("wr0ng") && !stderr.includes(btoa("u:wr0ng")), stderr);
    assertEquals(await exists(realm.config), false);
  });
}

Deno.test("login says when a registry cannot tell whether the password is right", async () => {
  await using realm = await openRealm("open");
  const { code, stderr } = await login(realm, "any");
  assertEquals(code, 0);
  assertStringIncludes(stderr, "the password was not checked");
});

Deno.test("login at a registry that is not there stores nothing", async () => {
  const realm = await openRealm("basic");
  await realm[Symbol.asyncDispose]();
  assertEquals((await login(realm, "p")).code, 1);
  assertEquals(await exists(realm.config), false);
});

for (
  const [words, says] of [
    [["-u", "u"], "--password-stdin, --password or a terminal to ask at"],
    [["-u", "u", "-p", "p", "--password-stdin"], "either --password-stdin or --password"],
    [["-u", "u", "--password-stdin"], "expected a password, got none"],
    [["-u", "a:b", "-p", "p"], 'expected a name without ":"'],
    [["-p", "p"], "--username"],
  ] as const
) {
  Deno.test(`login ${words.join(" ")} exits 2`, async () => {
    const { code, stderr } = await runDavit(["auth", "login", "test.io", ...words]);
    assertEquals(code, 2, stderr);
    assertStringIncludes(stderr, says);
  });
}

/** Types answers at a terminal where davit runs, each once its question is there. */
async function typeAt(
  words: readonly string[],
  { answers, env }: {
    readonly answers: readonly (readonly [question: string, answer: string])[];
    readonly env: Readonly<Record<string, string>>;
  },
): Promise<{ readonly code: number; readonly shown: string }> {
  const command = [Deno.execPath(), ...DAVIT, ...words].join(" ");
  await using child = new Deno.Command("script", {
    args: ["-qefc", command, "/dev/null"],
    env: { ...env, TERM: "xterm" },
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const terminal = child.stdin.getWriter();
  const left = [...answers];
  let shown = "";
  for await (const chunk of child.stdout) {
    shown += new TextDecoder().decode(chunk);
    const [next] = left;
    if (next === undefined || !shown.endsWith(next[0])) continue;
    left.shift();
    await terminal.write(new TextEncoder().encode(next[1]));
  }
  await terminal.close().catch(() => {});
  return { code: (await child.status).code, shown };
}

peerTest("login asks at a terminal for what is not given, and does not show the password", {
  needs: ["script"],
}, async () => {
  await using realm = await openRealm("basic");
  const { registry, env, config } = realm;
  const typed = "wr0ng\u0015xp\u007f\u007fp\r";
  const { code, shown } = await typeAt(["auth", "login", registry], {
    env: { DOCKER_CONFIG: `${env.HOME}/.docker` },
    answers: [["Username: ", "u\r"], ["Password: ", typed]],
  });
  assertEquals(code, 0, shown);
  const lines = ["Username: u", "Password: ", `logged in to ${registry} as u: stored in ${config}`];
  assertEquals(shown, lines.map((line) => `${line}\r\n`).join(""));
  const got = await runDavitOk(["auth", "get", registry], { env });
  assertEquals(got.stdout, '{"Username":"u","Secret":"p"}\n');
});

peerTest("Ctrl-C at the password leaves nothing, and the terminal as it was", {
  needs: ["script"],
}, async () => {
  await using realm = await openRealm("basic");
  const { code, shown } = await typeAt(["auth", "login", realm.registry, "-u", "u"], {
    env: { DOCKER_CONFIG: `${realm.env.HOME}/.docker` },
    answers: [["Password: ", "sec\u0003"]],
  });
  assertEquals(code, 130);
  assertEquals(shown.includes("sec"), false);
  assertEquals(await exists(realm.config), false);
});

Deno.test("logout forgets the login, and says where others remain", async () => {
  await using realm = await openRealm("basic");
  const { registry, config, env } = realm;
  await login(realm, "p");
  const words = ["auth", "logout", registry];
  const { stdout } = await runDavitOk(words, { env });
  assertEquals(stdout, `logged out of ${registry}: removed from ${config}\n`);
  assertEquals((await runDavit(["auth", "get", registry], { env })).code, 3);
  const auths = { [registry]: { auth: btoa("u:p") } };
  const again = await runDavitOk(words, {
    env: { ...env, DOCKER_AUTH_CONFIG: JSON.stringify({ auths }) },
  });
  assertEquals(again.stdout, `there were no credentials for ${registry}\n`);
  assertStringIncludes(again.stderr, "remain in DOCKER_AUTH_CONFIG");
});

const STORED = {
  DOCKER_AUTH_CONFIG: JSON.stringify({
    auths: {
      "https://index.docker.io/v1/": { auth: btoa("hub:h") },
      "test.io/team": { auth: btoa("team:t") },
      "id.io": { identitytoken: "i" },
    },
  }),
};

for (
  const [server, answer] of [
    ["https://index.docker.io/v1/", '{"Username":"hub","Secret":"h"}'],
    ["docker.io", '{"Username":"hub","Secret":"h"}'],
    ["test.io/team/app", '{"Username":"team","Secret":"t"}'],
    ["id.io", '{"Username":"<token>","Secret":"i"}'],
  ] as const
) {
  Deno.test(`get answers for ${server}, as an argument and on standard input`, async () => {
    const argument = await runDavitOk(["auth", "get", server], { env: STORED });
    assertEquals(argument.stdout, `${answer}\n`);
    const piped = await runDavitOk(["auth", "get"], { env: STORED, stdin: `${server}\n` });
    assertEquals(piped.stdout, `${answer}\n`);
  });
}

Deno.test("get says as helpers do that there is nothing, and exits 3", async () => {
  const { code, stdout } = await runDavit(["auth", "get", "test.io"], { env: STORED });
  assertEquals([code, stdout], [3, "credentials not found in native keychain\n"]);
});

Deno.test("with --verbose it is said where credentials were found, never what they are", async () => {
  await using realm = await openRealm("basic");
  await login(realm, "p4ssword".slice(0, 1));
  const { registry, env, config } = realm;
  const { stderr } = await runDavit(["ls", "-v", `${registry}/app`], { env });
  assertStringIncludes(stderr, `credentials for ${registry}/app are from ${config}\n`);
  assert(!stderr.includes(btoa("u:p")), stderr);
});

Deno.test("token prints the token of a repository, or its header", async () => {
  await using realm = await openRealm("bearer");
  await login(realm, "p");
  const { registry, env, scopes } = realm;
  const json = await runDavitOk(["auth", "token", `${registry}/app`], { env });
  assertEquals(json.stdout, '{"token":"t0ken"}\n');
  assertEquals(scopes, ["repository:app:pull"]);
  const words = ["auth", "token", "-H", "--push", "-m", "base", `${registry}/app`];
  const { stdout } = await runDavitOk(words, { env });
  assertEquals(stdout, "Authorization: Bearer t0ken\n");
  assertEquals(scopes.slice(1), ["repository:app:pull,push", "repository:base:pull"]);
});

for (const style of ["basic", "open"] as const) {
  Deno.test(`token says that a ${style} registry gives none`, async () => {
    await using realm = await openRealm(style);
    await login(realm, "p");
    const { registry, env } = realm;
    const { code, stdout, stderr } = await runDavit(["auth", "token", `${registry}/app`], { env });
    assertEquals([code, stdout], [1, ""]);
    assertStringIncludes(stderr, `Cannot get a token from "${registry}"`);
  });
}
