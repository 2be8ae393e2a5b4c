import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { CredentialError } from "../../lib/errors.ts";
import type { RunHelper } from "../../lib/registry/credential_helper.ts";
import { dockerKeychain } from "../../lib/registry/docker_keychain.ts";
import { eraseLogin, storeLogin } from "../../lib/registry/docker_login.ts";
import { tempDir } from "../support/temp_dir.ts";

const LOGIN = { username: "me", password: "pä:ss" };

interface Home extends AsyncDisposable {
  readonly home: string;
  readonly config: string;
  /** What the config says. */
  read(): Promise<string>;
}

async function openHome(config?: string): Promise<Home> {
  await using scope = new AsyncDisposableStack();
  const { path: home } = scope.use(await tempDir());
  const path = `${home}/.docker/config.json`;
  if (config !== undefined) {
    await Deno.mkdir(`${home}/.docker`);
    await Deno.writeTextFile(path, config, { mode: 0o644 });
  }
  const owned = scope.move();
  return {
    home,
    config: path,
    read: () => Deno.readTextFile(path),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** A helper in memory, and what it was told. */
function createHelper(): { readonly run: RunHelper; readonly told: readonly string[] } {
  const told: string[] = [];
  const held = new Map<string, string>();
  return {
    told,
    run(program, input, { action = "get" } = {}) {
      told.push(`${program} ${action} ${input}`);
      if (action === "store") held.set(JSON.parse(input).ServerURL, input);
      if (action === "erase") held.delete(input);
      const stdout = action === "get" ? held.get(input) : "";
      const missing = "credentials not found in native keychain\n";
      return Promise.resolve({ success: stdout !== undefined, stdout: stdout ?? missing });
    },
  };
}

Deno.test("a login is stored in a new config that only its owner may read", async () => {
  await using world = await openHome();
  const { home, config } = world;
  assertEquals(await storeLogin("test.io:5000", LOGIN, { home }), config);
  assertEquals(((await Deno.stat(config)).mode ?? 0) & 0o777, 0o600);
  assertEquals(((await Deno.stat(`${home}/.docker`)).mode ?? 0) & 0o777, 0o700);
  assertEquals(await dockerKeychain({ home }).credentials("test.io:5000", "app"), {
    ...LOGIN,
    source: config,
  });
});

Deno.test("all else in a config stays as it is, byte for byte, but its mode", async () => {
  const rest = '{ "big": 1.0e400, "x":[1 ,2],\n  "auths": {"other.io": {"auth": "bzpv"}';
  await using world = await openHome(`${rest}}}`);
  await storeLogin("test.io", LOGIN, { home: world.home });
  assert((await world.read()).startsWith(rest), await world.read());
  assertEquals(((await Deno.stat(world.config)).mode ?? 0) & 0o777, 0o600);
  assertEquals(await eraseLogin("test.io", { home: world.home }), [world.config]);
  assertEquals(await world.read(), `${rest}}}`);
});

Deno.test("a login takes the place of what was there, however it was spelled", async () => {
  const old = { auth: btoa("old:old"), identitytoken: "old" };
  const auths = { "https://test.io/v1/": old, "TEST.io": old, "test.io/team": old, "test.io": old };
  await using world = await openHome(JSON.stringify({ auths }));
  const { home } = world;
  await storeLogin("test.io", LOGIN, { home });
  assertEquals(Object.keys(JSON.parse(await world.read()).auths), ["test.io/team", "test.io"]);
  assertEquals((await dockerKeychain({ home }).credentials("test.io", "a"))?.username, "me");
  await eraseLogin("test.io", { home });
  assertEquals(JSON.parse(await world.read()), { auths: { "test.io/team": old } });
});

Deno.test("Docker Hub is stored under the name that docker looks for", async () => {
  await using world = await openHome();
  await storeLogin("index.docker.io", LOGIN, { home: world.home });
  assertEquals(Object.keys(JSON.parse(await world.read()).auths), ["https://index.docker.io/v1/"]);
});

for (
  const [setting, name] of [
    [{ credsStore: "all" }, "all"],
    [{ credsStore: "all", credHelpers: { "test.io": "one" } }, "one"],
  ] as const
) {
  Deno.test(`the helper "${name}" keeps the login, and no file does`, async () => {
    const auths = { "test.io": { auth: btoa("old:old") } };
    await using world = await openHome(JSON.stringify({ ...setting, auths }));
    const { home } = world;
    const helper = createHelper();
    const options = { home, runHelper: helper.run };
    const program = `docker-credential-${name}`;
    assertEquals(await storeLogin("test.io", LOGIN, options), `"${program}"`);
    assertEquals(helper.told, [
      `${program} store {"ServerURL":"test.io","Username":"me","Secret":"pä:ss"}`,
    ]);
    assertEquals(JSON.parse(await world.read()), { ...setting, auths: {} });
    assertEquals((await dockerKeychain(options).credentials("test.io", "a"))?.username, "me");
    assertEquals(await eraseLogin("test.io", options), [`"${program}"`]);
    assertEquals(helper.told.at(-1), `${program} erase test.io`);
    assertEquals(await eraseLogin("test.io", options), []);
  });
}

Deno.test("a helper that refuses is an error without the secret", async () => {
  await using world = await openHome('{"credsStore":"all"}');
  const runHelper: RunHelper = (_, input) => Promise.resolve({ success: false, stdout: input });
  const storing = () => storeLogin("test.io", LOGIN, { home: world.home, runHelper });
  const { message } = await assertRejects(storing, CredentialError, "Cannot store credentials");
  assert(!message.includes(LOGIN.password), message);
});

Deno.test("a real helper gets the secret on its standard input, not as an argument", async () => {
  await using world = await openHome('{"credsStore":"davitstore"}');
  const { home } = world;
  const program = `${home}/docker-credential-davitstore`;
  await Deno.writeTextFile(program, `#!/bin/sh\necho "$*" >${home}/args\ncat >${home}/input\n`, {
    mode: 0o755,
  });
  const path = Deno.env.get("PATH") ?? "";
  Deno.env.set("PATH", `${home}:${path}`);
  try {
    await storeLogin("test.io", LOGIN, { home });
  } finally {
    Deno.env.set("PATH", path);
  }
  assertEquals(await Deno.readTextFile(`${home}/args`), "store\n");
  assertStringIncludes(await Deno.readTextFile(`${home}/input`), '"Secret":"pä:ss"');
});

for (const broken of ["{", "[]", '{"auths":[]}', '{"auths":{"a":{},"a":{"auth":"czpz"}}}']) {
  Deno.test(`the config ${broken} is not touched, and not quoted`, async () => {
    await using world = await openHome(broken);
    const storing = () => storeLogin("test.io", LOGIN, { home: world.home });
    const { message, cause } = await assertRejects(storing, CredentialError, world.config);
    assert(cause === undefined && !message.includes("czpz"), message);
    assertEquals(await world.read(), broken);
    assertEquals(
      (await Array.fromAsync(Deno.readDir(`${world.home}/.docker`))).map(({ name }) => name),
      ["config.json"],
    );
  });
}

Deno.test("a config that is a link stays one", async () => {
  await using world = await openHome("{}");
  await Deno.rename(world.config, `${world.home}/real.json`);
  await Deno.symlink(`${world.home}/real.json`, world.config);
  await storeLogin("test.io", LOGIN, { home: world.home });
  assert((await Deno.lstat(world.config)).isSymlink);
  assertStringIncludes(await Deno.readTextFile(`${world.home}/real.json`), "test.io");
});

Deno.test("without a home there is no config to write", async () => {
  await assertRejects(() => storeLogin("test.io", LOGIN), CredentialError, "HOME");
});

Deno.test("of many logins and logouts at once none is lost", async () => {
  await using world = await openHome('{"auths":{"old.io":{"auth":"bTpw"}},"kept":1}');
  const { home, config } = world;
  const names = Array.from({ length: 12 }, (_, at) => `r${at}.io`);
  await Promise.all([
    eraseLogin("old.io", { home }),
    ...names.map((name) => storeLogin(name, LOGIN, { home })),
  ]);
  const { auths, kept } = JSON.parse(await world.read());
  assertEquals([Object.keys(auths).sort(), kept], [names.toSorted(), 1]);
  assertEquals(((await Deno.stat(config)).mode ?? 0) & 0o777, 0o600);
});

Deno.test("a logout where nobody has logged in makes no config", async () => {
  await using world = await openHome();
  assertEquals(await eraseLogin("test.io", { home: world.home }), []);
  await assertRejects(() => world.read(), Deno.errors.NotFound);
});
