import { assert, assertEquals, assertRejects } from "@std/assert";
import { Build } from "../../lib/compose/build.ts";
import { composeView } from "../../lib/compose/compose_view.ts";
import { parseSpec } from "../../lib/compose/parse_spec.ts";
import { SpecError } from "../../lib/errors.ts";
import type { View } from "../../lib/image/image.ts";
import { openLayout } from "../../lib/layout/open_layout.ts";
import { Transport } from "../../lib/registry/transport.ts";
import { makeImage } from "../support/images.ts";
import { tempDir } from "../support/temp_dir.ts";
import { makeTree } from "../support/tree.ts";

function noBase(): Promise<View> {
  return Promise.reject(new Error("there is no base"));
}

async function describe(spec: Build["spec"], directory: string) {
  const view = await composeView(spec, { open: noBase, directory });
  assert(view.kind === "image");
  for (const layer of await view.layers()) await layer.compressed().pipeTo(new WritableStream());
  return await view.descriptor();
}

Deno.test("Build says the same as the file", async () => {
  const build = Build.from("nginx:alpine")
    .remove("usr/share/nginx/html")
    .copy("site", { to: "/usr/share/nginx/html" })
    .tar("extra.tar")
    .files({ "etc/motd": "ahoy" }, { mode: "0600" })
    .config({ env: { A: "1" } })
    .config({ cmd: ["sh"] })
    .annotate({ a: "b" })
    .platforms("linux/amd64")
    .tag("registry.example/site:v1")
    .output("oci:build")
    .compress("zstd", 3);
  assertEquals(
    build.spec,
    await parseSpec(`
from: nginx:alpine
layers:
  - remove: [usr/share/nginx/html]
  - { copy: site, to: /usr/share/nginx/html }
  - tar: extra.tar
  - files: { etc/motd: ahoy }
    mode: "0600"
config: { env: { A: "1" }, cmd: [sh] }
annotations: { a: b }
platforms: [linux/amd64]
tags: [registry.example/site:v1]
outputs: [oci:build]
compression: zstd
level: 3
`),
  );
});

Deno.test("a step of a Build leaves the build before it as it was", () => {
  const base = Build.from("scratch").files({ a: "a" });
  const longer = base.files({ b: "b" }).tag("x");
  assertEquals(base.spec.layers?.length, 1);
  assertEquals(base.spec.tags, undefined);
  assertEquals(longer.spec.layers?.length, 2);
});

Deno.test("a Build's variables, labels, ports and volumes join those said before", () => {
  const { spec } = Build.from("scratch")
    .config({
      env: { A: "1", B: "1" },
      labels: { a: "1" },
      ports: [80],
      volumes: ["/a"],
      user: "a",
    })
    .config({ env: { B: "2" }, labels: { b: "2" }, ports: [443], volumes: ["/b"], user: "b" });
  assertEquals(spec.config, {
    env: { A: "1", B: "2" },
    labels: { a: "1", b: "2" },
    ports: [80, 443],
    volumes: ["/a", "/b"],
    user: "b",
  });
});

Deno.test("a build stops while it waits for its base", async () => {
  const interruption = new AbortController();
  const { signal } = interruption;
  const transport = () => {
    setTimeout(() => interruption.abort(new Error("enough")), 1);
    return new Promise<never>(() => {});
  };
  const build = Build.from("registry.example/base").tag("registry.example/app");
  await assertRejects(() => build.run({ places: { transport }, signal }), Error, "enough");
});

Deno.test("a build's digest does not depend on where its files are", async () => {
  await using dir = await tempDir();
  for (const place of ["here", "there"]) await makeTree(dir.join(place, "site"), { "a.txt": "a" });
  const { spec } = Build.from("scratch").copy("site", { to: "/srv" });
  const absolute = Build.from("scratch").copy(dir.join("there", "site"), { to: "/srv" }).spec;
  const here = await describe(spec, dir.join("here"));
  assertEquals(await describe(spec, dir.join("there")), here);
  assertEquals(await describe(absolute, "."), here);
});

Deno.test("a build without platforms keeps those of its base", async () => {
  const base = makeImage([], { platform: "linux/arm64/v8" });
  const open = () => Promise.resolve(base);
  const view = await composeView({ from: "base", layers: [{ remove: "a" }] }, { open });
  assert(view.kind === "image");
  const config = JSON.parse(new TextDecoder().decode(await view.config()));
  assertEquals([config.architecture, config.variant], ["arm64", "v8"]);
});

for (
  const { why, spec } of [
    { why: "a time that is none", spec: { from: "scratch", created: "yesterday" } },
    { why: "a time before 1970", spec: { from: "scratch", created: "1969-12-31T23:59:59Z" } },
    { why: "a time after 9999", spec: { from: "scratch", created: 253_402_300_800 } },
    { why: "the removal of everything", spec: { from: "scratch", layers: [{ remove: "/" }] } },
    {
      why: "a file out of the image",
      spec: { from: "scratch", layers: [{ files: { "../a": "" } }] },
    },
  ]
) {
  Deno.test(`composeView() refuses ${why}`, async () => {
    await assertRejects(() => composeView(spec, { open: noBase }), SpecError, "Cannot");
  });
}

Deno.test("paths of a build are relative to its directory, those of outputs and base too", async () => {
  await using dir = await tempDir();
  using transport = new Transport();
  const run = {
    places: { transport },
    directory: dir.path,
  };
  await Build.from("scratch").files({ a: "a" }).output("oci:base:v1").run(run);
  const [output] = await Build.from("oci:base:v1").files({ b: "b" }).output("oci:next").run(run);
  assertEquals(output?.location, `oci:${dir.join("next")}`);
  await using layout = await openLayout(dir.join("next"));
  const view = await layout.open();
  assert(view.kind === "image");
  assertEquals((await view.layers()).length, 2);
});

Deno.test("a build writes all its files or none", async () => {
  await using dir = await tempDir();
  using transport = new Transport();
  const places = { transport };
  const build = Build.from("scratch")
    .files({ a: "a" })
    .output("docker-archive:good.tar", "oci-archive:good-oci.tar", "docker-archive:no/dir.tar")
    .tag("app:v1");
  await assertRejects(() => build.run({ places, directory: dir.path }), Error, "no/dir.tar");
  assertEquals(await Array.fromAsync(Deno.readDir(dir.path)), []);
});
