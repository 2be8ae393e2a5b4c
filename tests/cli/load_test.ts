import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { runDavit, runDavitOk, spawnDavit } from "../support/cli.ts";
import { runOk } from "../support/command.ts";
import { engineTest } from "../support/engine.ts";
import { openWorld, twoPlatforms } from "./world.ts";

const BUSYBOX = "/bin/busybox";

engineTest(
  "load puts an image into Docker, which runs it; docker-daemon reads it back",
  async () => {
    await using world = await openWorld();
    await Deno.mkdir(`${world.dir}/root/bin`, { recursive: true });
    await Deno.copyFile(BUSYBOX, `${world.dir}/root/bin/busybox`);
    await world.write("root/motd", "ahoy\n");
    const app = `${world.registry}/app:v1`;
    await runDavitOk(["append", "-f", `${world.dir}/root`, "-t", app]);
    const name = `davit-cli-test:load-${crypto.randomUUID().slice(0, 8)}`;
    const { stdout } = await runDavitOk(["load", "-t", name, app]);
    assertStringIncludes(stdout, name);
    try {
      const ran = await runOk("docker", [
        "run",
        "--rm",
        "--network=none",
        name,
        "/bin/busybox",
        "cat",
        "/motd",
      ]);
      assertEquals(ran.stdout, "ahoy\n");
      await runDavitOk(["copy", `docker-daemon:${name}`, `oci:${world.dir}/layout:v1`]);
      const exported = await runDavitOk(["export", `oci:${world.dir}/layout:v1`]);
      const motd = await runOk("tar", ["xO", "motd"], { stdin: exported.bytes });
      assertEquals(motd.stdout, "ahoy\n");
    } finally {
      await runOk("docker", ["rmi", name]);
    }
  },
);

engineTest("load of an index takes this machine's image and says so", async () => {
  await using world = await openWorld();
  await world.push("app:v1", twoPlatforms());
  const { stdout, stderr } = await runDavitOk(["load", `${world.registry}/app:v1`]);
  await runOk("docker", ["rmi", stdout.trim()]);
  assertMatch(stderr, /holds one platform's image: took linux\/\w+\n$/);
});

Deno.test("load without an image there exits 3", async () => {
  await using world = await openWorld();
  const { code, stderr } = await runDavit(["load", `${world.registry}/nope:v1`]);
  assertEquals(code, 3);
  assertMatch(stderr, /^davit: Cannot find tag [^\n]+\n$/);
});

Deno.test("load without an engine says what to do", async () => {
  await using world = await openWorld();
  const app = `${world.registry}/app:v1`;
  await runDavitOk(["append", "--remove", "a", "-t", app]);
  const env = { DOCKER_HOST: `unix://${world.dir}/no.sock` };
  const { code, stderr } = await spawnDavit(["load", app], { env });
  assertEquals(code, 1);
  assertMatch(stderr, /^davit: Cannot load images into Docker: [^\n]+\n$/);
});
