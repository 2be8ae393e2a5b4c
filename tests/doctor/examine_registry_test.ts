import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import type { Diagnosis, Verdict } from "../../lib/doctor/diagnosis.ts";
import { examineRegistry, type ExamineTarget } from "../../lib/doctor/examine_registry.ts";
import type { Keychain } from "../../lib/registry/keychain.ts";
import { Repository } from "../../lib/registry/repository.ts";
import { Transport, type TransportOptions } from "../../lib/registry/transport.ts";
import { serveRegistry } from "../../lib/server/serve_registry.ts";
import { copy } from "../../lib/store/copy.ts";
import { DOCKER_REGISTRY_NEEDS, startDockerRegistry } from "../support/docker_registry.ts";
import { makeImage } from "../support/images.ts";
import { peerTest } from "../support/peers.ts";

const IMAGE = makeImage([[{ path: "a", content: "a" }]]);

async function push(registry: string, options: TransportOptions = {}): Promise<void> {
  using transport = new Transport(options);
  await using app = new Repository({ registry, repository: "app" }, { transport });
  await copy(IMAGE, app, { names: ["v1"] });
  await copy(IMAGE, app, { names: ["v2"] });
}

function examine(target: ExamineTarget, transport: TransportOptions = {}): Promise<Diagnosis> {
  return examineRegistry(target, { transport: { retry: { attempts: 1 }, ...transport } });
}

function verdicts({ findings }: Diagnosis): Record<string, Verdict> {
  return Object.fromEntries(findings.map(({ check, verdict }) => [check, verdict]));
}

function detailOf({ findings }: Diagnosis, check: string): string {
  return findings.find((finding) => finding.check === check)?.detail ?? "";
}

const USER: Keychain = {
  credentials: () => Promise.resolve({ username: "u", password: "p" }),
};

Deno.test("a doctor finds that davit's registry does everything, and leaves nothing behind", async () => {
  await using server = await serveRegistry();
  await push(server.address);
  const requests: string[] = [];
  const diagnosis = await examine(
    { registry: server.address, repository: "app", scratch: "scratch/davit" },
    {
      fetch: (url, init) => {
        requests.push(`${init.method} ${url.pathname}`);
        return fetch(url, init);
      },
    },
  );
  assertEquals(verdicts(diagnosis), {
    "connect": "yes",
    "auth": "no",
    "catalog": "yes",
    "tags": "yes",
    "pages": "yes",
    "digest-headers": "yes",
    "referrers": "yes",
    "referrers-filter": "yes",
    "range": "yes",
    "storage": "no",
    "upload-single": "yes",
    "upload-chunked": "yes",
    "mount": "yes",
    "mount-anonymous": "yes",
    "push": "yes",
    "subject": "yes",
    "delete-tag": "yes",
    "delete-manifest": "yes",
    "delete-blob": "yes",
    "clean-up": "yes",
    "rate-limit": "no",
  });
  assertEquals(diagnosis.isWell, true);
  const written = requests.filter((line) => !/^(?:GET|HEAD) /.test(line));
  assertEquals(written.filter((line) => !line.includes("/scratch/davit/")), []);
  const { tags } = await (await fetch(`${server.url}/v2/scratch/davit/tags/list`)).json();
  assertEquals(tags, []);
});

Deno.test("a doctor who was given no repository to write to writes nothing", async () => {
  await using server = await serveRegistry();
  await push(server.address);
  const methods = new Set<string>();
  const { isWell } = await examine({ registry: server.address, repository: "app" }, {
    fetch: (url, init) => {
      methods.add(init.method ?? "");
      return fetch(url, init);
    },
  });
  assertEquals([isWell, [...methods].sort()], [true, ["GET", "HEAD"]]);
});

peerTest("a doctor tells docker-registry's abilities, and leaves no manifest behind", {
  needs: DOCKER_REGISTRY_NEEDS,
}, async () => {
  await using registry = await startDockerRegistry();
  await push(registry.name);
  const diagnosis = await examine({
    registry: registry.name,
    repository: "app",
    scratch: "scratch",
  });
  const found = verdicts(diagnosis);
  const no = Object.keys(found).filter((check) => found[check] === "no");
  assertEquals(no, [
    ...["auth", "pages", "referrers", "storage", "upload-single", "mount-anonymous", "subject"],
    ...["delete-tag", "rate-limit"],
  ]);
  assertEquals([diagnosis.isWell, found["clean-up"]], [true, "yes"]);
  const { tags } = await (await fetch(`http://${registry.name}/v2/scratch/tags/list`)).json();
  assertEquals(tags, null);
});

for (const auth of ["basic", "token"] as const) {
  peerTest(`a doctor tells how docker-registry asks for credentials (${auth})`, {
    needs: DOCKER_REGISTRY_NEEDS,
  }, async () => {
    await using registry = await startDockerRegistry({ auth });
    const welcome = await examine({ registry: registry.name }, { keychain: USER });
    assertEquals(welcome.isWell, true);
    assertMatch(
      detailOf(welcome, "auth"),
      auth === "basic" ? /\(basic\); we are in/ : /^wants tokens of http/,
    );
    const refused = await examine({ registry: registry.name }, {
      keychain: { credentials: () => Promise.resolve({ username: "u", password: "wrong" }) },
    });
    assertEquals([refused.isWell, verdicts(refused)["auth"]], [false, "failed"]);
    assertEquals(JSON.stringify(refused).includes('wrong"'), false);
  });
}

peerTest("a doctor says what to do about a certificate that nobody vouches for", {
  needs: DOCKER_REGISTRY_NEEDS,
}, async () => {
  await using registry = await startDockerRegistry({ tls: true });
  const name = registry.name.replace("127.0.0.1", "localhost");
  const untrusted = await examine({ registry: name });
  assertEquals(verdicts(untrusted), { connect: "failed" });
  assertStringIncludes(detailOf(untrusted, "connect"), "its certificate is not trusted");
  const trusted = await examine({ registry: name }, {
    caCertificates: [registry.caCertificate],
  });
  assertEquals(detailOf(trusted, "connect"), "answers by https");
});

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

const SICK: readonly {
  readonly why: string;
  readonly registry: () => string;
  readonly says: string;
}[] = [
  {
    why: "nobody listens",
    registry: () => `127.0.0.1:${freePort()}`,
    says: "the connection was refused; is the registry running",
  },
  {
    why: "there is no such host",
    registry: () => "registry.invalid",
    says: "there is no host of that name",
  },
];

for (const { why, registry, says } of SICK) {
  Deno.test(`a doctor explains that ${why}`, async () => {
    const diagnosis = await examine({ registry: registry() });
    assertEquals([diagnosis.isWell, verdicts(diagnosis)], [false, { connect: "failed" }]);
    assertStringIncludes(detailOf(diagnosis, "connect"), says);
  });
}

/** A server that answers all requests alike. */
function serve(answer: () => Response): Deno.HttpServer<Deno.NetAddr> {
  return Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, answer);
}

Deno.test("a doctor tells a web server from a registry", async () => {
  await using server = serve(() => new Response("<html>", { status: 404 }));
  const diagnosis = await examine({ registry: `127.0.0.1:${server.addr.port}` });
  assertStringIncludes(
    detailOf(diagnosis, "connect"),
    "something answers there, but not as a registry",
  );
});

Deno.test("a doctor explains a fault of the registry, and names its limits", async () => {
  await using server = serve(() =>
    new Response(null, { status: 503, headers: { "retry-after": "99999" } })
  );
  const diagnosis = await examine({ registry: `127.0.0.1:${server.addr.port}` });
  assertStringIncludes(detailOf(diagnosis, "connect"), "the registry has a fault");
  await using limited = serve(() =>
    Response.json({}, { headers: { "ratelimit-limit": "100;w=21600", "ratelimit-remaining": "7" } })
  );
  const limits = await examine({ registry: `127.0.0.1:${limited.addr.port}` });
  assertEquals(
    detailOf(limits, "rate-limit"),
    "ratelimit-limit: 100;w=21600, ratelimit-remaining: 7",
  );
});

Deno.test("a doctor names what it could not delete", async () => {
  await using inner = await serveRegistry();
  await using server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen() {} },
    async (request) => {
      if (request.method === "DELETE") return new Response(null, { status: 405 });
      const url = new URL(request.url);
      const headers = new Headers(request.headers);
      headers.delete("host");
      const body = request.body === null ? {} : { body: await request.bytes() };
      const { method } = request;
      return await fetch(new URL(`${url.pathname}${url.search}`, inner.url), {
        method,
        headers,
        ...body,
      });
    },
  );
  const registry = `127.0.0.1:${server.addr.port}`;
  const diagnosis = await examine({ registry, scratch: "scratch" });
  assertMatch(
    detailOf(diagnosis, "clean-up"),
    /^cannot delete manifests\/sha256:\w+, manifests\/sha256:\w+ of .*: delete it by hand$/,
  );
});
