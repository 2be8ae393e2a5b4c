import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { DockerCli } from "../../lib/docker/mod.ts";
import { DockerError } from "../../lib/errors.ts";
import { tempDir } from "../support/temp_dir.ts";
import { fakeDocker } from "./fake_docker.ts";

Deno.test("the command gets its words, the context before them, and the environment", async () => {
  await using dir = await tempDir();
  const executable = await fakeDocker(dir, 'echo "$@" "$DOCKER_HOST"');
  const cli = new DockerCli({ executable, context: "far", env: { DOCKER_HOST: "tcp://x" } });
  const output = await cli.run(["image", "ls"], { act: "list" });
  assertEquals(output, "--context far image ls tcp://x\n");
});

Deno.test("a command that is missing says what to do", async () => {
  const cli = new DockerCli({ executable: "/nowhere/docker" });
  const error = await assertRejects(() => cli.run(["version"], { act: "ask" }), DockerError);
  assertStringIncludes(error.message, 'Cannot ask: expected the command "/nowhere/docker"');
  assertStringIncludes(error.message, "install Docker's command line");
  assertEquals(error.exitCode, undefined);
});

Deno.test("a command that fails quotes its last line", async () => {
  await using dir = await tempDir();
  const executable = await fakeDocker(dir, "echo first >&2; echo last >&2; exit 3");
  const cli = new DockerCli({ executable });
  const error = await assertRejects(() => cli.run([], { act: "try" }), DockerError);
  assertEquals([error.message, error.exitCode], ['Cannot try: docker said "last"', 3]);
});

Deno.test("a signal kills the command, and its reason is thrown", async () => {
  await using dir = await tempDir();
  const executable = await fakeDocker(dir, "exec sleep 600");
  const cli = new DockerCli({ executable });
  const signal = AbortSignal.timeout(50);
  const error = await assertRejects(() => cli.run([], { act: "wait", signal }));
  assertEquals(error.name, "TimeoutError");
});

Deno.test("output of any size and complaints of any size do not block each other", async () => {
  await using dir = await tempDir();
  const megabyte = "head -c 1000000 /dev/zero | tr '\\0'";
  const executable = await fakeDocker(dir, `${megabyte} e >&2; ${megabyte} o`);
  const cli = new DockerCli({ executable });
  assertEquals((await cli.run([], { act: "talk" })).length, 1_000_000);
});
