import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { runDavit, runDavitOk } from "../support/cli.ts";
import { openWorld } from "./world.ts";

Deno.test("doctor prints a line for each finding, or one JSON document", async () => {
  await using world = await openWorld();
  const { stdout } = await runDavitOk(["doctor", world.registry, "--write", "scratch"]);
  assertMatch(stdout, /^yes {5}connect {10}answers by http\n/);
  const json = await runDavitOk(["doctor", "--json", `${world.registry}/app`]);
  const { isWell, repository, findings } = JSON.parse(json.stdout);
  assertEquals([isWell, repository, findings[0].check], [true, "app", "connect"]);
});

Deno.test("doctor of what is no registry exits 1 and says why", async () => {
  await using server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen() {} },
    () => new Response("hello", { status: 404 }),
  );
  const { code, stdout, stderr } = await runDavit(["doctor", `127.0.0.1:${server.addr.port}`]);
  assertEquals(code, 1);
  assertStringIncludes(stdout, "failed  connect  cannot find a registry at");
  assertStringIncludes(stderr, "see what failed");
});

Deno.test("doctor writes to repositories of the registry only", async () => {
  await using world = await openWorld();
  const words = ["doctor", world.registry, "--write", "other.example/scratch:v1"];
  const { code, stderr } = await runDavit(words);
  assertEquals(code, 2);
  assertStringIncludes(stderr, "expected a repository of");
});
