import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { runDavit } from "../support/cli.ts";
import { makeImage } from "../support/images.ts";
import { openWorld, twoPlatforms, type World } from "./world.ts";

const APP = makeImage([
  [
    { path: "bin", type: "directory" },
    {
      path: "bin/app",
      content: "x".repeat(1234),
      mode: 0o4755,
      uid: 10,
      gid: 20,
      mtime: 1_700_000_000,
    },
    { path: "bin/sh", type: "symlink", linkName: "app" },
    { path: "etc/motd", content: "ahoy\n" },
  ],
  [{ path: "etc/new", content: "new" }, { path: "odd\nname", content: "" }],
]);

/** Runs `davit fs` with words in which REG and DIR stand for the world's. */
function runIn(world: World, words: readonly string[]) {
  return runDavit([
    "fs",
    ...words.map((word) => word.replaceAll("REG", world.registry).replaceAll("DIR", world.dir)),
  ]);
}

Deno.test("fs ls prints what ls -l would", async () => {
  await using world = await openWorld();
  await world.push("app:v1", APP);
  assertEquals(
    (await runIn(world, ["ls", "REG/app:v1", "/bin"])).stdout,
    "-rwsr-xr-x  1  10:20  1234  2023-11-14 22:13  app\n" +
      "lrwxrwxrwx  1  0:0       0  1970-01-01 00:00  sh -> app\n",
  );
  assertEquals(
    (await runIn(world, ["ls", "--layers", "REG/app:v1"])).stdout,
    "#1  drwxr-xr-x  1  0:0  -  1970-01-01 00:00  bin/\n" +
      "#0  drwxr-xr-x  1  0:0  -  1970-01-01 00:00  etc/\n" +
      "#2  -rw-r--r--  1  0:0  0  1970-01-01 00:00  odd\\x0aname\n",
  );
  const all = await runIn(world, ["ls", "-R", "REG/app:v1", "--json"]);
  assertEquals(all.stdout.trim().split("\n").map((line) => JSON.parse(line).path), [
    ...["/bin", "/bin/app", "/bin/sh", "/etc", "/etc/motd", "/etc/new", "/odd\nname"],
  ]);
});

Deno.test("fs cat writes files, one after the other, from any place", async () => {
  await using world = await openWorld();
  await world.push("app:v1", APP);
  await runDavit(["pull", `${world.registry}/app:v1`, `${world.dir}/app.tar`]);
  for (const place of ["REG/app:v1", "DIR/app.tar"]) {
    const { stdout } = await runIn(world, ["cat", place, "/etc/motd", "etc/new"]);
    assertEquals(stdout, "ahoy\nnew");
  }
});

Deno.test("fs du and find print tables, or paths alone", async () => {
  await using world = await openWorld();
  await world.push("app:v1", APP);
  assertEquals(
    (await runIn(world, ["du", "REG/app:v1"])).stdout,
    "1.2 kB  2 files  /bin\n   8 B  2 files  /etc\n1.2 kB  5 files  /\n",
  );
  assertStringIncludes(
    (await runIn(world, ["du", "--bytes", "REG/app:v1"])).stdout,
    "1242  5 files  /\n",
  );
  assertEquals(
    (await runIn(world, ["find", "REG/app:v1", "--type", "f", "--size", "+4"])).stdout,
    "/bin/app\n/etc/motd\n",
  );
  const long = await runIn(world, ["find", "REG/app:v1", "--perm", "4000", "--long"]);
  assertMatch(long.stdout, /^-rwsr-xr-x .* \/bin\/app\n$/);
});

Deno.test("fs cp copies out and says what", async () => {
  await using world = await openWorld();
  await world.push("app:v1", APP);
  const { stdout } = await runIn(world, ["cp", "REG/app:v1", "/etc", "DIR/etc"]);
  assertEquals(stdout, `${world.dir}/etc (2 files, 8 B)\n`);
  assertEquals(await Deno.readTextFile(`${world.dir}/etc/motd`), "ahoy\n");
});

Deno.test("fs takes this machine's image of an index, or that for --platform", async () => {
  await using world = await openWorld();
  await world.push("app:v1", twoPlatforms());
  const { stdout } = await runIn(world, ["cat", "--platform", "linux/arm64", "REG/app:v1", "arch"]);
  assertEquals(stdout, "arm64");
});

for (
  const { words, code, says } of [
    { words: ["ls", "REG/app:v1", "/nope"], code: 3, says: "/nope" },
    { words: ["ls", "REG/nope:v1"], code: 3, says: "nope" },
    { words: ["cat", "REG/app:v1"], code: 2, says: "IMAGE PATH" },
    { words: ["cat", "REG/app:v1", "/bin"], code: 1, says: "expected a file, got a directory" },
    {
      words: ["cp", "REG/app:v1", "/etc", "DIR/no/such"],
      code: 1,
      says: '/no": expected a directory',
    },
    { words: ["cp", "REG/app:v1", "/etc", "DIR/app/"], code: 1, says: "expected a directory" },
    { words: ["du", "REG/app:v1", "--depth", "x"], code: 2, says: "a whole number" },
    { words: ["find", "REG/app:v1", "--type", "x"], code: 2, says: "expected f, d" },
    { words: ["find", "REG/app:v1", "--size", "big"], code: 2, says: "expected such as" },
    { words: ["find", "REG/app:v1", "--perm", "9"], code: 2, says: "octal" },
  ]
) {
  Deno.test(`fs ${words.join(" ")} exits ${code} with one line and leaves nothing`, async () => {
    await using world = await openWorld();
    await world.push("app:v1", APP);
    const result = await runIn(world, words);
    assertEquals(result.code, code, result.stderr);
    assertMatch(result.stderr, /^davit: Cannot [^\n]+\n$/);
    assertStringIncludes(result.stderr, says);
    assertEquals([result.stdout, await world.list()], ["", []]);
  });
}
