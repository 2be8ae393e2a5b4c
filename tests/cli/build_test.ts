import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { runDavit, runDavitOk } from "../support/cli.ts";
import { runOk } from "../support/command.ts";
import { makeImage } from "../support/images.ts";
import { openWorld, type World } from "./world.ts";

/** The story that davit began with, in five lines. */
const ARTICLE = `from: REG/nginx:alpine
layers:
  - remove: usr/share/nginx/html
  - { copy: site, to: /usr/share/nginx/html }
tags: [REG/site:v1]
`;

async function writeBuild(world: World, text: string, name = "davit.yaml"): Promise<void> {
  const base = [{ path: "usr/share/nginx/html/50x.html", content: "old" }];
  await world.push("nginx:alpine", makeImage([base]));
  await world.write("site/index.html", "<h1>ahoy</h1>");
  await world.write("site/app.js.map", "{}");
  await world.write("bin-amd64/app", "amd64");
  await world.write("bin-arm64/app", "arm64");
  await world.write(name, text.replaceAll("REG", world.registry));
}

async function filesOf(world: World, name: string, ...flags: string[]): Promise<string[]> {
  const { bytes } = await runDavitOk(["export", ...flags, `${world.registry}/${name}`]);
  const { stdout } = await runOk("tar", ["t"], { stdin: bytes });
  return stdout.trim().split("\n").filter((path) => !path.endsWith("/")).sort();
}

Deno.test("build does what a davit.yaml says: base, whiteout, directory, tag, push", async () => {
  await using world = await openWorld();
  await writeBuild(world, ARTICLE);
  const { stdout } = await runDavitOk(["build", world.dir]);
  const { stdout: digest } = await runDavitOk(["digest", `${world.registry}/site:v1`]);
  assertEquals(stdout, `${digest.trim()} ${world.registry}/site:v1\n`);
  assertEquals(await filesOf(world, "site:v1"), [
    "usr/share/nginx/html/app.js.map",
    "usr/share/nginx/html/index.html",
  ]);
});

Deno.test("build gives the same digest each time, and wherever it is built", async () => {
  await using world = await openWorld();
  await writeBuild(world, ARTICLE);
  const first = await runDavitOk(["build", world.dir]);
  const again = await runDavitOk(["build", "-f", `${world.dir}/davit.yaml`]);
  await using other = await openWorld();
  await writeBuild(other, ARTICLE.replaceAll("REG", world.registry));
  const elsewhere = await runDavitOk(["build", other.dir, "--workers", "1"]);
  assertEquals(again.stdout, first.stdout);
  assertEquals(elsewhere.stdout, first.stdout);
});

Deno.test("build reads davit.json, and another file by -f", async () => {
  await using world = await openWorld();
  const spec = { from: "scratch", layers: [{ copy: "site" }], tags: ["REG/site:v1"] };
  await writeBuild(world, JSON.stringify(spec), "davit.json");
  await runDavitOk(["build", world.dir]);
  assertEquals(await filesOf(world, "site:v1"), ["app.js.map", "index.html"]);
  await Deno.rename(`${world.dir}/davit.json`, `${world.dir}/other.json`);
  await runDavitOk(["build", "--file", `${world.dir}/other.json`]);
});

Deno.test("build knows owner, mode, ignore, inline files and config", async () => {
  await using world = await openWorld();
  await writeBuild(
    world,
    `
from: scratch
layers:
  - copy: site
    to: /srv
    owner: "10:20"
    mode: "0640"
    ignore: ["*.map"]
  - files: { etc/motd: ahoy }
config:
  entrypoint: [/srv/app]
  env: { PORT: "80" }
  user: "10"
  workdir: /srv
  labels: { team: deck }
  ports: [80]
created: 2024-01-02T03:04:05Z
annotations: { a: b }
tags: [REG/site:v1]
`,
  );
  await runDavitOk(["build", world.dir]);
  assertEquals(await filesOf(world, "site:v1"), ["etc/motd", "srv/index.html"]);
  const { bytes } = await runDavitOk(["export", `${world.registry}/site:v1`]);
  const { stdout } = await runOk("tar", ["tv", "--utc", "--numeric-owner"], { stdin: bytes });
  assertMatch(stdout, /^-rw-r----- 10\/20 +13 2024-01-02 03:04 srv\/index\.html$/m);
  const config = JSON.parse((await runDavitOk(["config", `${world.registry}/site:v1`])).stdout);
  assertEquals(config.created, "2024-01-02T03:04:05Z");
  assertEquals(config.config, {
    Entrypoint: ["/srv/app"],
    Env: ["PORT=80"],
    User: "10",
    WorkingDir: "/srv",
    Labels: { team: "deck" },
    ExposedPorts: { "80/tcp": {} },
  });
  const manifest = JSON.parse((await runDavitOk(["manifest", `${world.registry}/site:v1`])).stdout);
  assertEquals(manifest.annotations, { a: "b" });
});

const MULTI = `
from: scratch
layers: [{ copy: "bin-{arch}", to: /bin }]
platforms: [linux/amd64, linux/arm64]
tags: [REG/app:v1]
`;

Deno.test("build for several platforms gives an index, with {arch} in paths filled in", async () => {
  await using world = await openWorld();
  await writeBuild(world, MULTI);
  await runDavitOk(["build", world.dir]);
  const app = `${world.registry}/app:v1`;
  const { manifests } = JSON.parse((await runDavitOk(["manifest", app])).stdout);
  assertEquals(
    manifests.map((entry: { platform: { architecture: string } }) => entry.platform.architecture),
    ["amd64", "arm64"],
  );
  for (const arch of ["amd64", "arm64"]) {
    const { bytes } = await runDavitOk(["export", "--platform", `linux/${arch}`, app]);
    const { stdout } = await runOk("tar", ["xO", "bin/app"], { stdin: bytes });
    assertEquals(stdout, arch);
  }
});

Deno.test("build writes to several places in one run, paths relative to the build file", async () => {
  await using world = await openWorld();
  const outputs = [
    "REG/app:v2",
    "oci:out/layout",
    "oci-archive:oci.tar",
    "docker-archive:docker.tar",
  ];
  await writeBuild(world, `${MULTI}outputs: ${JSON.stringify(outputs)}\n`);
  await Deno.mkdir(`${world.dir}/out`);
  const { stdout, stderr } = await runDavitOk(["build", world.dir]);
  assertEquals(stdout.trim().split("\n").length, 4);
  assertStringIncludes(stderr, "docker.tar holds one platform's image");
  const { stdout: digest } = await runDavitOk(["digest", `${world.registry}/app:v2`]);
  for (const place of ["oci:out/layout:v1", "oci-archive:oci.tar"]) {
    const there = place.replace(":", `:${world.dir}/`);
    assertEquals((await runDavitOk(["digest", there])).stdout, digest);
  }
});

Deno.test("build's flags win over the file", async () => {
  await using world = await openWorld();
  await writeBuild(world, MULTI);
  const { stdout } = await runDavitOk([
    "build",
    world.dir,
    "-t",
    `${world.registry}/other:v1`,
    "--platform",
    "linux/arm64",
    "--compression",
    "zstd",
  ]);
  assertMatch(stdout, /^sha256:\S+ 127\.0\.0\.1:\d+\/other:v1\n$/);
  const manifest = await runDavitOk(["manifest", `${world.registry}/other:v1`]);
  assertMatch(JSON.parse(manifest.stdout).layers[0].mediaType, /tar\+zstd$/);
  await runDavitOk(["build", world.dir, "-o", `oci:${world.dir}/layout`]);
  assertEquals((await runDavit(["ls", `${world.registry}/app`])).code, 3);
  assert((await world.list()).includes("layout"));
});

Deno.test("build -t goes to its own name, not to the registries that the file's outputs name", async () => {
  await using world = await openWorld();
  await writeBuild(world, `${MULTI}outputs: [REG/app:v2, "oci:layout"]\n`);
  const name = `${world.registry}/mine:test`;
  const { stdout } = await runDavitOk(["build", world.dir, "-t", name]);
  const digest = (await runDavitOk(["digest", name])).stdout.trim();
  assertEquals(stdout.split("\n").slice(0, 1), [`${digest} ${name}`]);
  assertEquals(
    (await runDavitOk(["digest", `oci:${world.dir}/layout:test`])).stdout.trim(),
    digest,
  );
  assertEquals((await runDavit(["ls", `${world.registry}/app`])).code, 3);
});

Deno.test("build takes its times from SOURCE_DATE_EPOCH, unless the file says", async () => {
  await using world = await openWorld();
  await writeBuild(world, ARTICLE);
  await runDavitOk(["build", world.dir], { env: { SOURCE_DATE_EPOCH: "1700000000" } });
  const config = JSON.parse((await runDavitOk(["config", `${world.registry}/site:v1`])).stdout);
  assertEquals(config.created, "2023-11-14T22:13:20Z");
});

Deno.test("build --schema prints a JSON Schema", async () => {
  const { stdout } = await runDavitOk(["build", "--schema"]);
  const { properties, required } = JSON.parse(stdout);
  assertEquals(required, ["from"]);
  for (const key of ["layers", "config", "platforms", "tags", "outputs"]) assert(key in properties);
});

for (
  const { why, text, code, says } of [
    { why: "no YAML", text: "from: [", code: 2, says: "davit.yaml:1:" },
    { why: "an unknown key", text: "from: scratch\nlayer: []\n", code: 2, says: "davit.yaml:2:" },
    { why: "no place to go to", text: "from: scratch\n", code: 2, says: '"tags" or "outputs"' },
    { why: "a missing base", text: "from: REG/no:1\ntags: [REG/a]\n", code: 3, says: "no" },
    {
      why: "a missing directory",
      text: "from: scratch\nlayers: [{ copy: nope }]\ntags: [REG/a]\n",
      code: 3,
      says: 'Cannot find file "',
    },
    {
      why: "a missing tar",
      text: "from: scratch\nlayers: [{ tar: nope.tar }]\noutputs: ['oci:layout']\n",
      code: 3,
      says: "nope.tar",
    },
    {
      why: "a path out of the image",
      text: "from: scratch\nlayers: [{ remove: ../a }]\ntags: [REG/a]\n",
      code: 2,
      says: 'without ".."',
    },
    {
      why: "an inline file out of the image",
      text: "from: scratch\nlayers: [{ files: { ../a: b } }]\ntags: [REG/a]\n",
      code: 2,
      says: 'without ".."',
    },
    {
      why: "the removal of everything",
      text: "from: scratch\nlayers: [{ remove: / }]\ntags: [REG/a]\n",
      code: 2,
      says: "below the root",
    },
    { why: "a tag that is none", text: "from: scratch\ntags: [UP]\n", code: 2, says: '"up"' },
    {
      why: "a platform that is none",
      text: "from: scratch\nplatforms: [a/b/c/d]\ntags: [REG/a]\n",
      code: 2,
      says: "a/b/c/d",
    },
    {
      why: "a platform that the base lacks",
      text: "from: REG/nginx:alpine\nplatforms: [linux/s390x]\ntags: [REG/a]\n",
      code: 3,
      says: "linux/s390x",
    },
    {
      why: "one broken output among good ones",
      text: "from: scratch\noutputs: ['oci:layout', 'docker-archive:no/dir.tar']\n",
      code: 1,
      says: "no/dir.tar",
    },
  ]
) {
  Deno.test(`build refuses ${why} with one line, and leaves nothing`, async () => {
    await using world = await openWorld();
    await writeBuild(world, text);
    const before = await world.list();
    const result = await runDavit(["build", world.dir]);
    assertEquals(result.code, code, result.stderr);
    assertEquals(result.stdout, "");
    assertMatch(result.stderr, /^davit: Cannot [^\n]+\n$/);
    assertStringIncludes(result.stderr, says);
    assertEquals(await world.list(), before);
  });
}

Deno.test("build without a build file says which it looked for", async () => {
  await using world = await openWorld();
  const { code, stderr } = await runDavit(["build", world.dir]);
  assertEquals(code, 3);
  assertStringIncludes(stderr, `"${world.dir}/davit.yaml"`);
});
