import { assertEquals, assertMatch } from "@std/assert";
import { createRegistry, memoryRepositories } from "../../lib/server/mod.ts";
import { eachBackend, Wire } from "./wire.ts";

/** The samples of a registry, each by its name and labels. */
async function samplesOf(wire: Wire): Promise<ReadonlyMap<string, number>> {
  const { status, headers, text } = await wire.send("GET", "/metrics");
  assertEquals(status, 200);
  assertEquals(headers.get("content-type"), "text/plain; version=0.0.4");
  const lines = text.trimEnd().split("\n");
  const samples = lines.filter((line) => !line.startsWith("# "));
  for (const line of samples) assertMatch(line, /^[a-z_]+(\{([a-z]+="[^"]*",?)+\})? \d+$/);
  return new Map(
    samples.map((
      line,
    ) => [line.slice(0, line.lastIndexOf(" ")), +line.slice(line.lastIndexOf(" "))]),
  );
}

eachBackend("the metrics count requests, content, repositories and uploads", async (wire) => {
  const { digest } = await wire.pushBlob("app", "0123456789");
  const location = await wire.begin("app");
  await wire.send("PATCH", location, { body: "01234" });
  await wire.send("GET", `/v2/app/blobs/${digest}`);
  await wire.send("HEAD", `/v2/app/blobs/${digest}`);
  await wire.send("GET", `/v2/app/blobs/${digest}`, { headers: { range: "bytes=0-3" } });
  await wire.send("GET", "/v2/other/manifests/v1");
  await wire.send("PROPFIND", "/somewhere");
  const samples = await samplesOf(wire);
  for (
    const [name, value] of [
      ['davit_requests_total{method="GET",route="blob",status="200"}', 1],
      ['davit_requests_total{method="GET",route="blob",status="206"}', 1],
      ['davit_requests_total{method="HEAD",route="blob",status="200"}', 1],
      ['davit_requests_total{method="GET",route="manifest",status="404"}', 1],
      ['davit_requests_total{method="PATCH",route="upload",status="202"}', 1],
      ['davit_requests_total{method="POST",route="uploads",status="202"}', 2],
      ['davit_requests_total{method="other",route="unknown",status="404"}', 1],
      ["davit_received_bytes_total", 15],
      ["davit_sent_bytes_total", 14],
      ["davit_repositories", 1],
      ["davit_uploads", 1],
    ] as const
  ) assertEquals(samples.get(name), value, name);
  await wire.send("DELETE", location);
  assertEquals((await samplesOf(wire)).get("davit_uploads"), 0);
});

Deno.test("the metrics are for users where there are users, the health for everybody", async () => {
  const auth = { verify: (_: string, password: string) => password === "secret" };
  const wire = new Wire(createRegistry({ repositories: memoryRepositories(), auth }));
  assertEquals((await wire.send("GET", "/metrics")).status, 401);
  const headers = { authorization: `Basic ${btoa("ann:secret")}` };
  assertEquals((await wire.send("GET", "/metrics", { headers })).status, 200);
  const { status, text } = await wire.send("GET", "/healthz");
  assertEquals([status, text], [200, "ok\n"]);
  assertEquals((await wire.send("POST", "/healthz")).status, 405);
});
