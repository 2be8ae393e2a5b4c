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

for (
  const { words, code, says } of [
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
