import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import {
  type AccessRule,
  type Auth,
  createRegistry,
  memoryRepositories,
  type TokenOptions,
} from "../../lib/server/mod.ts";
import { Wire } from "./wire.ts";

const RULES: readonly AccessRule[] = [
  { repositories: "open/**", users: ["anonymous"], actions: ["pull"] },
  { repositories: "team/*", users: ["ann"], actions: ["pull", "push", "delete"] },
  { repositories: "team/*", users: ["bob"], actions: ["pull"] },
];
const ANN = { authorization: `Basic ${btoa("ann:ann's")}` };
const BOB = { authorization: `Basic ${btoa("bob:bob's")}` };
const MANIFEST = "/v2/team/app/manifests/v1";

async function openWire(tokens: TokenOptions = {}): Promise<Wire> {
  const repositories = memoryRepositories();
  const open = new Wire(createRegistry({ repositories }));
  for (const name of ["open/app", "team/app"]) await open.pushImage(name, "v1");
  const auth: Auth = {
    verify: (user, password) => password === `${user}'s`,
    rules: RULES,
    tokens,
  };
  return new Wire(createRegistry({ repositories, auth }));
}

interface Asked {
  readonly scope?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

async function askToken(wire: Wire, { scope, headers = {} }: Asked): Promise<string> {
  const query = scope === undefined ? "" : `?scope=${encodeURIComponent(scope)}`;
  const { status, text } = await wire.send("GET", `/token${query}`, { headers });
  assertEquals(status, 200, text);
  return JSON.parse(text).token;
}

// deno-lint-ignore no-explicit-any
function claimsOf(token: string): any {
  const [, payload = ""] = token.split(".");
  return JSON.parse(
    new TextDecoder().decode(Uint8Array.fromBase64(payload, { alphabet: "base64url" })),
  );
}

function bearer(token: string): { headers: Record<string, string> } {
  return { headers: { authorization: `Bearer ${token}` } };
}

Deno.test("whoever shows nothing is told where tokens are, and which one is wanted", async () => {
  const wire = await openWire();
  const base = await wire.send("GET", "/v2/");
  assertEquals(base.status, 401);
  assertEquals(
    base.headers.get("www-authenticate"),
    'Bearer realm="http://registry.test/token",service="registry.test"',
  );
  const upload = await wire.send("POST", "/v2/team/app/blobs/uploads/");
  assertStringIncludes(
    upload.headers.get("www-authenticate") ?? "",
    'scope="repository:team/app:pull,push"',
  );
});

Deno.test("a token is at the address that was configured", async () => {
  const wire = await openWire({ url: "https://registry.example" });
  assertEquals(
    (await wire.send("GET", "/v2/")).headers.get("www-authenticate"),
    'Bearer realm="https://registry.example/token",service="registry.example"',
  );
});

Deno.test("a token allows what was asked for, as far as its holder may", async () => {
  const wire = await openWire();
  const scope = "repository:team/app:pull,push";
  const [ann, bob] = [
    await askToken(wire, { scope, headers: ANN }),
    await askToken(wire, { scope, headers: BOB }),
  ];
  assertEquals(claimsOf(bob).access, [{ type: "repository", name: "team/app", actions: ["pull"] }]);
  const upload = "/v2/team/app/blobs/uploads/";
  assertEquals((await wire.send("GET", MANIFEST, bearer(bob))).status, 200);
  assertEquals((await wire.send("POST", upload, bearer(bob))).status, 403);
  assertEquals((await wire.send("POST", upload, bearer(ann))).status, 202);
  const missing = await wire.send("DELETE", MANIFEST, bearer(ann));
  assertEquals(missing.status, 401);
  assertMatch(
    missing.headers.get("www-authenticate") ?? "",
    /:delete",error="insufficient_scope"$/,
  );
  const all = await askToken(wire, { scope: "repository:team/app:*", headers: ANN });
  assertEquals((await wire.send("DELETE", MANIFEST, bearer(all))).status, 202);
});

Deno.test("a token for one repository opens no other", async () => {
  const wire = await openWire();
  const token = await askToken(wire, { scope: "repository:team/other:pull", headers: ANN });
  assertEquals((await wire.send("GET", MANIFEST, bearer(token))).status, 401);
});

Deno.test("a mount takes from where the holder may pull, whatever the token names", async () => {
  const wire = await openWire();
  const { text } = await wire.send("GET", MANIFEST, { headers: ANN });
  const mount = (to: string) =>
    `/v2/${to}/blobs/uploads/?mount=${JSON.parse(text).config.digest}&from=team/app`;
  const scope = "repository:team/new:pull,push";
  const ann = await askToken(wire, { scope, headers: ANN });
  assertEquals((await wire.send("POST", mount("team/new"), bearer(ann))).status, 201);
  const nobody = await askToken(wire, { scope });
  assertEquals((await wire.send("POST", mount("team/new"), bearer(nobody))).status, 401);
});

Deno.test("everybody gets a token for what is open, and for nothing else", async () => {
  const wire = await openWire();
  const open = await askToken(wire, { scope: "repository:open/app:pull,push" });
  assertEquals(claimsOf(open).access, [{
    type: "repository",
    name: "open/app",
    actions: ["pull"],
  }]);
  assertEquals((await wire.send("GET", "/v2/open/app/manifests/v1", bearer(open))).status, 200);
  assertEquals((await wire.send("GET", "/v2/", bearer(open))).status, 200);
  const closed = await askToken(wire, { scope: "repository:team/app:pull" });
  assertEquals(claimsOf(closed).access, []);
  assertEquals((await wire.send("GET", MANIFEST, bearer(closed))).status, 401);
});

Deno.test("the list of repositories shows a token's holder what the rules let him pull", async () => {
  const wire = await openWire();
  const token = await askToken(wire, { scope: "registry:catalog:*", headers: BOB });
  const { text } = await wire.send("GET", "/v2/_catalog", bearer(token));
  assertEquals(JSON.parse(text).repositories, ["open/app", "team/app"]);
});

Deno.test("a password is taken in place of a token", async () => {
  const wire = await openWire();
  assertEquals((await wire.send("GET", MANIFEST, { headers: ANN })).status, 200);
  const wrong = { headers: { authorization: `Basic ${btoa("ann:wrong")}` } };
  assertEquals((await wire.send("GET", MANIFEST, wrong)).status, 401);
});

Deno.test("a wrong password gets no token", async () => {
  const wire = await openWire();
  const wrong = { headers: { authorization: `Basic ${btoa("ann:wrong")}` } };
  const { status, headers } = await wire.send("GET", "/token", wrong);
  assertEquals([status, headers.get("www-authenticate")?.split(" ")[0]], [401, "Basic"]);
});

Deno.test("a token is given for a form too", async () => {
  const wire = await openWire();
  const scope = "repository:team/app:pull repository:open/app:pull";
  const form = { "grant_type": "password", username: "ann", password: "ann's", scope };
  const ask = (fields: Record<string, string>) =>
    wire.send("POST", "/token", {
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body: new URLSearchParams(fields).toString(),
    });
  const token = JSON.parse((await ask(form)).text).access_token;
  assertEquals((await wire.send("GET", MANIFEST, bearer(token))).status, 200);
  assertEquals((await ask({ ...form, password: "x" })).status, 401);
  assertEquals((await ask({ ...form, "grant_type": "refresh_token" })).status, 400);
});

for (
  const [what, forge] of Object.entries({
    "of nobody": () => "abc",
    "without a signature": (token: string) => token.slice(0, token.lastIndexOf(".") + 1),
    "that says something else": (token: string) => {
      const [head = "", payload = "", signature = ""] = token.split(".");
      const claims = { ...claimsOf(`${head}.${payload}`), sub: "ann" };
      const bytes = new TextEncoder().encode(JSON.stringify(claims));
      return [head, bytes.toBase64({ alphabet: "base64url", omitPadding: true }), signature].join(
        ".",
      );
    },
    "with an algorithm of none": (token: string) => {
      const head = btoa('{"typ":"JWT","alg":"none"}').replaceAll("=", "");
      return `${head}.${token.split(".")[1]}.`;
    },
  })
) {
  Deno.test(`a token ${what} is refused`, async () => {
    const wire = await openWire();
    const token = await askToken(wire, { scope: "repository:team/app:pull", headers: BOB });
    const { status, headers } = await wire.send("GET", MANIFEST, bearer(forge(token)));
    assertEquals(status, 401);
    assertMatch(headers.get("www-authenticate") ?? "", /error="invalid_token"$/);
  });
}

Deno.test("a token stops counting, and one of another registry never counts", async () => {
  const wire = await openWire({ lifetimeSeconds: 0 });
  const scope = "repository:team/app:pull";
  const late = await askToken(wire, { scope, headers: ANN });
  assertEquals((await wire.send("GET", MANIFEST, bearer(late))).status, 401);
  const other = await askToken(await openWire(), { scope, headers: ANN });
  assertEquals((await wire.send("GET", MANIFEST, bearer(other))).status, 401);
});
