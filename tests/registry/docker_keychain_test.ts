import { assert, assertEquals, assertRejects } from "@std/assert";
import { CredentialError } from "../../lib/errors.ts";
import { lookupKeys } from "../../lib/registry/docker_config.ts";
import type { RunHelper } from "../../lib/registry/credential_helper.ts";
import { dockerKeychain } from "../../lib/registry/docker_keychain.ts";
import type { Credentials } from "../../lib/registry/keychain.ts";

const DOCKER = "/home/me/.docker/config.json";

interface Machine {
  readonly env?: Readonly<Record<string, string>>;
  readonly files?: Readonly<Record<string, unknown>>;
  readonly runHelper?: RunHelper;
}

function find(machine: Machine, registry = "test.io", repository = "team/app") {
  const { env = {}, files = {}, runHelper } = machine;
  return dockerKeychain({
    env: (name) => ({ HOME: "/home/me", ...env })[name],
    readFile(path) {
      const file = files[path];
      return Promise.resolve(typeof file === "object" ? JSON.stringify(file) : file as string);
    },
    ...(runHelper === undefined ? {} : { runHelper }),
  }).credentials(registry, repository);
}

async function userOf(credentials: Promise<Credentials | undefined>): Promise<string | undefined> {
  return (await credentials)?.username;
}

function login(user: string): { readonly auth: string } {
  return { auth: btoa(`${user}:secret`) };
}

Deno.test({
  name: "lookupKeys() goes from the repository outwards",
  permissions: "none",
  fn() {
    assertEquals(lookupKeys("test.io", "a/b/c"), [
      "test.io/a/b/c",
      "test.io/a/b",
      "test.io/a",
      "test.io",
    ]);
    assertEquals(lookupKeys("docker.io", "library/x").at(-1), "index.docker.io");
    assertEquals(lookupKeys("test.io", ""), ["test.io"]);
  },
});

Deno.test("without any file there are no credentials", async () => {
  assertEquals(await find({}), undefined);
  assertEquals(
    await dockerKeychain({ readFile: () => Promise.reject() }).credentials("a", "b"),
    undefined,
  );
});

const PLACES: readonly { why: string; env: Record<string, string>; path: string }[] = [
  { why: "~/.docker", env: {}, path: DOCKER },
  { why: "DOCKER_CONFIG", env: { DOCKER_CONFIG: "/d" }, path: "/d/config.json" },
  { why: "REGISTRY_AUTH_FILE", env: { REGISTRY_AUTH_FILE: "/r.json" }, path: "/r.json" },
  {
    why: "XDG_RUNTIME_DIR",
    env: { XDG_RUNTIME_DIR: "/run/1" },
    path: "/run/1/containers/auth.json",
  },
  { why: "XDG_CONFIG_HOME", env: { XDG_CONFIG_HOME: "/x" }, path: "/x/containers/auth.json" },
  { why: "~/.config", env: {}, path: "/home/me/.config/containers/auth.json" },
];

for (const { why, env, path } of PLACES) {
  Deno.test(`credentials are found in ${why}, and say so`, async () => {
    const found = await find({ env, files: { [path]: { auths: { "test.io": login("me") } } } });
    assertEquals(found, { username: "me", password: "secret", source: path });
  });
}

Deno.test("DOCKER_AUTH_CONFIG comes first, docker's file before podman's", async () => {
  const file = (user: string) => ({ auths: { "test.io": login(user) } });
  const files = {
    [DOCKER]: file("docker"),
    "/run/1/containers/auth.json": file("podman"),
    "/home/me/.config/containers/auth.json": file("config"),
  };
  const runtime = { XDG_RUNTIME_DIR: "/run/1" };
  const inline = { DOCKER_AUTH_CONFIG: JSON.stringify(file("inline")) };
  assertEquals(await userOf(find({ files, env: { ...runtime, ...inline } })), "inline");
  assertEquals(await userOf(find({ files, env: runtime })), "docker");
  assertEquals(await userOf(find({ files: { ...files, [DOCKER]: {} }, env: runtime })), "podman");
  assertEquals(await userOf(find({ files: { ...files, [DOCKER]: {} } })), "config");
});

Deno.test("with DOCKER_CONFIG the file in ~/.docker does not count", async () => {
  const files = { [DOCKER]: { auths: { "test.io": login("me") } } };
  assertEquals(await find({ files, env: { DOCKER_CONFIG: "/elsewhere" } }), undefined);
});

const KEYS: readonly { key: string; found: boolean }[] = [
  { key: "test.io", found: true },
  { key: "https://test.io", found: true },
  { key: "http://test.io/v1/", found: true },
  { key: "https://test.io/v2/", found: true },
  { key: "TEST.io", found: true },
  { key: "test.io/team", found: true },
  { key: "test.io/team/app", found: true },
  { key: "test.io/other", found: false },
  { key: "test.io/team/app/deeper", found: false },
  { key: "test.io/tea", found: false },
  { key: "test.io:443", found: false },
  { key: "evil-test.io", found: false },
  { key: "test.io.evil.example", found: false },
];

for (const { key, found } of KEYS) {
  Deno.test(`the key "${key}" ${found ? "is" : "is not"} for test.io/team/app`, async () => {
    const files = { [DOCKER]: { auths: { [key]: login("me") } } };
    assertEquals(await userOf(find({ files })), found ? "me" : undefined);
  });
}

Deno.test("the most precise key wins", async () => {
  const files = { [DOCKER]: { auths: { "test.io": login("all"), "test.io/team": login("team") } } };
  assertEquals(await userOf(find({ files })), "team");
  assertEquals(await userOf(find({ files }, "test.io", "other/app")), "all");
});

Deno.test("credentials of one repository are used for no other", async () => {
  const files = { [DOCKER]: { auths: { "test.io/private": login("me"), "test.io": {} } } };
  assertEquals(await find({ files }, "test.io", "public"), undefined);
});

for (
  const key of [
    "https://index.docker.io/v1/",
    "docker.io",
    "index.docker.io",
    "registry-1.docker.io",
  ]
) {
  Deno.test(`the key "${key}" is for Docker Hub by all of its names`, async () => {
    const files = { [DOCKER]: { auths: { [key]: login("me") } } };
    assertEquals(await userOf(find({ files }, "index.docker.io", "library/alpine")), "me");
    assertEquals(await userOf(find({ files }, "docker.io", "library/alpine")), "me");
  });
}

const ENTRIES: readonly { why: string; entry: unknown; expected: Credentials | undefined }[] = [
  { why: "padded base64", entry: { auth: "dTpw" }, expected: { username: "u", password: "p" } },
  {
    why: "unpadded base64",
    entry: { auth: "dTpwcA" },
    expected: { username: "u", password: "pp" },
  },
  {
    why: "a password with colons and non-ASCII letters",
    entry: { auth: new TextEncoder().encode("u:a:é").toBase64() },
    expected: { username: "u", password: "a:é" },
  },
  {
    why: "user name and password apart",
    entry: { username: "u", password: "p" },
    expected: { username: "u", password: "p" },
  },
  {
    why: "an identity token",
    entry: { auth: btoa("u:"), identitytoken: "t" },
    expected: { username: "u", password: "", identityToken: "t" },
  },
  { why: "a registry token", entry: { registrytoken: "t" }, expected: { registryToken: "t" } },
  { why: "nothing", entry: {}, expected: undefined },
  { why: "null", entry: null, expected: undefined },
  { why: "numbers", entry: { username: 1, password: 2 }, expected: undefined },
];

for (const { why, entry, expected } of ENTRIES) {
  Deno.test(`an entry with ${why} is read`, async () => {
    const found = await find({ files: { [DOCKER]: { auths: { "test.io": entry } } } });
    assertEquals(found, expected && { ...expected, source: DOCKER });
  });
}

const BROKEN: readonly { text: unknown; says: string }[] = [
  { text: "}{ c2VjcmV0", says: "expected a JSON object" },
  { text: "[]", says: "expected a JSON object" },
  { text: { auths: { "test.io": { auth: "!c2VjcmV0" } } }, says: "base64" },
  { text: { auths: { "test.io": { auth: "c2VjcmV0" } } }, says: "user:password" },
];

for (const { text, says } of BROKEN) {
  Deno.test(`the config ${JSON.stringify(text)} is an error that shows no secret`, async () => {
    const { message } = await assertRejects(
      () => find({ files: { [DOCKER]: text } }),
      CredentialError,
      says,
    );
    assert(message.includes(DOCKER) && !/c2VjcmV0|secret/.test(message), message);
  });
}

Deno.test("an empty file counts as none", async () => {
  assertEquals(await find({ files: { [DOCKER]: " \n" } }), undefined);
});

Deno.test("a helper is asked for its registry, before auths and credsStore", async () => {
  const asked: string[] = [];
  const runHelper: RunHelper = (program, input) => {
    asked.push(`${program} ${input}`);
    return Promise.resolve({ success: true, stdout: '{"Username":"h","Secret":"s"}' });
  };
  const config = {
    auths: { "test.io": login("file") },
    credHelpers: { "test.io": "one" },
    credsStore: "all",
  };
  const files = { [DOCKER]: config };
  const expected = { username: "h", password: "s", source: '"docker-credential-one"' };
  assertEquals(await find({ files, runHelper }), expected);
  await find({ files, runHelper }, "other.io", "x");
  await find({ files, runHelper }, "index.docker.io", "library/alpine");
  assertEquals(asked, [
    "docker-credential-one test.io",
    "docker-credential-all other.io",
    "docker-credential-all https://index.docker.io/v1/",
  ]);
});

Deno.test("a helper's <token> is an identity token", async () => {
  const files = { [DOCKER]: { credsStore: "all" } };
  const stdout = '{"ServerURL":"test.io","Username":"<token>","Secret":"t"}';
  const found = await find({ files, runHelper: () => Promise.resolve({ success: true, stdout }) });
  assertEquals(found, { identityToken: "t", source: '"docker-credential-all"' });
});

Deno.test("a helper that has nothing leaves it to the next file", async () => {
  const files = {
    [DOCKER]: { credsStore: "all" },
    "/home/me/.config/containers/auth.json": { auths: { "test.io": login("podman") } },
  };
  const stdout = "credentials not found in native keychain\n";
  const runHelper: RunHelper = () => Promise.resolve({ success: false, stdout });
  assertEquals(await userOf(find({ files, runHelper })), "podman");
});

Deno.test("a helper that fails, answers nonsense or is missing is a clear error", async () => {
  const files = { [DOCKER]: { credsStore: "all" } };
  const answers = (success: boolean, stdout: string): RunHelper => () =>
    Promise.resolve({ success, stdout });
  const cases: readonly [RunHelper, string][] = [
    [answers(false, "keychain is locked"), "keychain is locked"],
    [answers(true, "hunter2"), "expected JSON"],
    [() => Promise.reject(new Deno.errors.NotFound()), "install it, or remove it from"],
  ];
  for (const [runHelper, says] of cases) {
    const failing = () => find({ files, runHelper });
    const { message } = await assertRejects(failing, CredentialError, says);
    assert(message.includes("docker-credential-all") && !message.includes("hunter2"));
  }
});

for (const name of ["../../bin/sh", "a b", "x;y", "$(id)"]) {
  Deno.test(`the helper name "${name}" is not run`, async () => {
    const files = { [DOCKER]: { credsStore: name } };
    const runHelper: RunHelper = () => Promise.reject(new Error("run"));
    await assertRejects(() => find({ files, runHelper }), CredentialError, "plain name");
  });
}

Deno.test("a real helper gets the server on its standard input", async () => {
  const directory = await Deno.makeTempDir();
  const program = `${directory}/docker-credential-davittest`;
  await Deno.writeTextFile(
    program,
    '#!/bin/sh\nread -r server || true\nprintf \'{"Username":"%s","Secret":"%s"}\' "$1" "$server"\n',
    { mode: 0o755 },
  );
  const path = Deno.env.get("PATH") ?? "";
  Deno.env.set("PATH", `${directory}:${path}`);
  try {
    const found = await find({ files: { [DOCKER]: { credsStore: "davittest" } } });
    assertEquals([found?.username, found?.password], ["get", "test.io"]);
  } finally {
    Deno.env.set("PATH", path);
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test("files are read from the file system; directories and absent ones are none", async () => {
  const home = await Deno.makeTempDir();
  try {
    const keychain = dockerKeychain({ home });
    assertEquals(await keychain.credentials("test.io", "app"), undefined);
    await Deno.mkdir(`${home}/.docker/config.json`, { recursive: true });
    assertEquals(await keychain.credentials("test.io", "app"), undefined);
    await Deno.remove(`${home}/.docker/config.json`);
    const config = { auths: { "test.io": login("me") } };
    await Deno.writeTextFile(`${home}/.docker/config.json`, JSON.stringify(config));
    assertEquals(await userOf(keychain.credentials("test.io", "app")), "me");
  } finally {
    await Deno.remove(home, { recursive: true });
  }
});
