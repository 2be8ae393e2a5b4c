import { assertEquals } from "@std/assert";
import { type AccessRule, createRegistry, memoryRepositories } from "../../lib/server/mod.ts";
import { digestOf, Wire } from "./wire.ts";

const RULES: readonly AccessRule[] = [
  { repositories: "open/**", users: ["anonymous"], actions: ["pull"] },
  { repositories: "open/**", users: ["*"], actions: ["push"] },
  { repositories: "team/*", users: ["ann"], actions: ["pull", "push", "delete"] },
  { repositories: "team/*", users: ["bob"], actions: ["pull"] },
  { repositories: "bob", users: ["bob"], actions: ["pull", "push"] },
];
const TAG = "/manifests/v1";

function basic(user: string, password = `${user}'s`): Readonly<Record<string, string>> {
  return { authorization: `Basic ${new TextEncoder().encode(`${user}:${password}`).toBase64()}` };
}

/** A registry with an image in each of three repositories, whose users' passwords are "<user>'s". */
async function openWire(
  rules?: readonly AccessRule[],
): Promise<{ wire: Wire; asked: readonly string[] }> {
  const repositories = memoryRepositories();
  const open = new Wire(createRegistry({ repositories }));
  for (const name of ["open/a/b", "team/app", "team/deep/app"]) await open.pushImage(name, "v1");
  const asked: string[] = [];
  const verify = (user: string, password: string) => {
    asked.push(user);
    return password === `${user}'s`;
  };
  const auth = rules === undefined ? { verify } : { verify, rules };
  return { wire: new Wire(createRegistry({ repositories, auth })), asked };
}

Deno.test("a registry with users challenges whoever names none, and lets them in by password", async () => {
  const { wire } = await openWire();
  for (const path of ["/v2/", "/v2/team/app/tags/list", "/v2/_catalog"]) {
    const { status, code, headers } = await wire.send("GET", path);
    assertEquals([status, code], [401, "UNAUTHORIZED"], path);
    assertEquals(headers.get("www-authenticate"), 'Basic realm="davit", charset="UTF-8"');
    assertEquals((await wire.send("GET", path, { headers: basic("ann") })).status, 200);
    assertEquals((await wire.send("GET", path, { headers: basic("ann", "x") })).status, 401);
  }
});

for (
  const { header, why } of [
    { header: "Basic", why: "without credentials" },
    { header: "Basic !!!", why: "that is not base64" },
    { header: "Basic YW5u", why: "without a colon" },
    { header: "Basic /////w==", why: "that is not UTF-8" },
    { header: "Bearer YW5uOmFubidz", why: "of another scheme" },
  ]
) {
  Deno.test(`an Authorization ${why} is refused, also where nobody must sign in`, async () => {
    const { wire } = await openWire(RULES);
    const options = { headers: { authorization: header } };
    assertEquals((await wire.send("GET", `/v2/open/a/b${TAG}`, options)).status, 401);
  });
}

for (
  const { user, method, path, status } of [
    { user: "", method: "GET", path: `/v2/open/a/b${TAG}`, status: 200 },
    { user: "", method: "HEAD", path: `/v2/open/a/b${TAG}`, status: 200 },
    { user: "", method: "POST", path: "/v2/open/a/b/blobs/uploads/", status: 401 },
    { user: "", method: "DELETE", path: `/v2/open/a/b${TAG}`, status: 401 },
    { user: "", method: "GET", path: `/v2/team/app${TAG}`, status: 401 },
    { user: "", method: "GET", path: "/v2/", status: 401 },
    { user: "bob", method: "GET", path: `/v2/open/a/b${TAG}`, status: 200 },
    { user: "bob", method: "POST", path: "/v2/open/a/b/blobs/uploads/", status: 202 },
    { user: "bob", method: "DELETE", path: `/v2/open/a/b${TAG}`, status: 403 },
    { user: "bob", method: "GET", path: `/v2/team/app${TAG}`, status: 200 },
    { user: "bob", method: "PUT", path: `/v2/team/app${TAG}`, status: 403 },
    { user: "bob", method: "POST", path: "/v2/team/app/blobs/uploads/", status: 403 },
    { user: "bob", method: "GET", path: `/v2/team/deep/app${TAG}`, status: 403 },
    { user: "bob", method: "POST", path: "/v2/bobby/blobs/uploads/", status: 403 },
    { user: "ann", method: "DELETE", path: `/v2/team/app${TAG}`, status: 202 },
    { user: "ann", method: "POST", path: "/v2/team/new/blobs/uploads/", status: 202 },
    { user: "ann", method: "GET", path: "/v2/", status: 200 },
  ]
) {
  Deno.test(`${user || "nobody"} who sends ${method} ${path} gets ${status}`, async () => {
    const { wire } = await openWire(RULES);
    const headers = user === "" ? {} : basic(user);
    assertEquals((await wire.send(method, path, { headers })).status, status);
  });
}

Deno.test("empty credentials are nobody's, as skopeo sends them", async () => {
  const { wire } = await openWire(RULES);
  const headers = basic("", "");
  assertEquals((await wire.send("GET", `/v2/open/a/b${TAG}`, { headers })).status, 200);
  assertEquals((await wire.send("GET", `/v2/team/app${TAG}`, { headers })).status, 401);
});

Deno.test("the catalog shows what its reader may pull", async () => {
  const { wire } = await openWire(RULES);
  for (
    const { headers, names } of [
      { headers: {}, names: ["open/a/b"] },
      { headers: basic("ann"), names: ["open/a/b", "team/app"] },
    ]
  ) {
    const { text } = await wire.send("GET", "/v2/_catalog", { headers });
    assertEquals(JSON.parse(text), { repositories: names });
  }
});

for (const from of ["&from=team/app", ""]) {
  Deno.test(`a mount${from && " by name"} gives no blob of a repository that its sender may not pull from`, async () => {
    const { wire } = await openWire(RULES);
    const digest = await digestOf("layer of team/app v1");
    const path = `/v2/open/x/blobs/uploads/?mount=${digest}${from}`;
    assertEquals((await wire.send("POST", path, { headers: basic("eve") })).status, 202);
    assertEquals((await wire.send("POST", path, { headers: basic("bob") })).status, 201);
  });
}

Deno.test("a right password is verified once, a wrong one every time", async () => {
  const { wire, asked } = await openWire();
  const ask = (password: string) => wire.send("GET", "/v2/", { headers: basic("ann", password) });
  const right = await Promise.all([ask("ann's"), ask("ann's"), ask("ann's")]);
  assertEquals(right.map(({ status }) => status), [200, 200, 200]);
  assertEquals(asked.length, 1);
  for (let n = 0; n < 2; n++) assertEquals((await ask("x")).status, 401);
  assertEquals(asked.length, 3);
});

Deno.test("the log names who signed in", async () => {
  const users: (string | undefined)[] = [];
  const registry = createRegistry({
    repositories: memoryRepositories(),
    auth: { verify: (_, password) => password === "ann's" },
    log: ({ user }) => users.push(user),
  });
  const wire = new Wire(registry);
  for (const headers of [basic("ann"), basic("ann", "x"), {}]) {
    await wire.send("GET", "/v2/", { headers });
  }
  assertEquals(users, ["ann", undefined, undefined]);
});
