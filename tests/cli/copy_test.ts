import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { runDavit, runDavitOk } from "../support/cli.ts";
import { makeImage } from "../support/images.ts";
import { openWorld, twoPlatforms } from "./world.ts";

const APP = makeImage([[{ path: "a", content: "a" }], [{ path: "b", content: "b" }]]);

/** Every place that keeps an image's bytes as they are; DIR and REG are filled in. */
const PLACES = [
  "REG/copy:v1",
  "oci:DIR/layout:v1",
  "oci-archive:DIR/oci.tar:v1",
  "docker-archive:DIR/docker.tar:copy:v1",
];

for (const from of PLACES) {
  for (const to of PLACES) {
    Deno.test(`copy keeps the digest from ${from} to ${to}`, async () => {
      await using world = await openWorld();
      const digest = await world.push("app:v1", APP);
      const there = (place: string, dir: string) =>
        place.replace("DIR", `${world.dir}/${dir}`).replace("REG", `${world.registry}/${dir}`);
      await Deno.mkdir(`${world.dir}/from`);
      await Deno.mkdir(`${world.dir}/to`);
      const source = there(from, "from");
      const target = there(to, "to");
      await runDavitOk(["copy", `${world.registry}/app:v1`, source]);
      const { stdout } = await runDavitOk(["copy", source, target]);
      assertEquals(stdout, `${digest}\n`);
      assertEquals((await runDavitOk(["digest", target])).stdout, `${digest}\n`);
    });
  }
}

Deno.test("copy into docker-legacy and back keeps the files", async () => {
  await using world = await openWorld();
  await world.push("app:v1", APP);
  const legacy = `docker-legacy:${world.dir}/legacy.tar:app:v1`;
  await runDavitOk(["copy", `${world.registry}/app:v1`, legacy]);
  await runDavitOk(["copy", legacy, `${world.registry}/back:v1`]);
  const [config, original] = await Promise.all(
    ["back:v1", "app:v1"].map((name) => runDavitOk(["config", `${world.registry}/${name}`])),
  );
  assertEquals(
    JSON.parse(config?.stdout ?? "").rootfs,
    JSON.parse(original?.stdout ?? "").rootfs,
  );
});

Deno.test("copy keeps a whole index; --platform takes one image of it", async () => {
  await using world = await openWorld();
  const digest = await world.push("app:v1", twoPlatforms());
  const layout = `oci:${world.dir}/layout`;
  const whole = await runDavitOk(["copy", `${world.registry}/app:v1`, `${layout}:all`]);
  assertEquals(whole.stdout, `${digest}\n`);
  const flag = ["--platform", "linux/arm64"];
  await runDavitOk(["cp", ...flag, `${world.registry}/app:v1`, `${layout}:arm`]);
  const { stdout } = await runDavitOk(["config", `${layout}:arm`]);
  assertEquals(JSON.parse(stdout).architecture, "arm64");
});

Deno.test("copy names an archive's image as it was named at the source", async () => {
  await using world = await openWorld();
  await world.push("app:v1", APP);
  await runDavitOk(["copy", `${world.registry}/app:v1`, `oci:${world.dir}/layout`]);
  const index = JSON.parse(await Deno.readTextFile(`${world.dir}/layout/index.json`));
  assertEquals(index.manifests[0].annotations, { "org.opencontainers.image.ref.name": "v1" });
});

Deno.test("copy does not send what is there: a second copy moves no layer", async () => {
  await using world = await openWorld();
  await world.push("app:v1", APP);
  const words = ["copy", "--json", `${world.registry}/app:v1`, `oci:${world.dir}/layout:v1`];
  await runDavitOk(words);
  const { stderr } = await runDavitOk(words);
  const outcomes = stderr.trim().split("\n").map((line) => JSON.parse(line))
    .filter(({ kind }) => kind === "done").map(({ outcome }) => outcome);
  assertEquals(outcomes.filter((outcome) => outcome === "sent").length <= 1, true);
});

for (
  const [words, code, says] of [
    [["copy", "app"], 2, "expected DST"],
    [["copy", "a", "b", "c"], 2, 'expected 2 arguments, got "c" too'],
    [["copy", "oci:", "x"], 2, "expected oci:DIR[:TAG]"],
    [["copy", "UPPER", "x"], 2, 'did you mean "upper"?'],
    [["copy", "REG/app:v1", "DIR/plain"], 1, "expected the form to write before the path"],
    [["copy", "REG/app:v1", "REG/app@sha256:" + "0".repeat(64)], 1, "expected a tag, got a digest"],
    [["copy", "REG/app:nope", "oci:DIR/layout"], 3, 'Cannot find tag "nope"'],
    [["copy", "oci:DIR/nope", "REG/app:v2"], 3, "nope"],
    [["copy", "--platform", "linux/riscv64", "REG/app:v1", "oci:DIR/layout"], 3, "linux/riscv64"],
    [["copy", "-j", "0", "REG/app:v1", "oci:DIR/layout"], 2, "expected 1 to 9999"],
  ] as const
) {
  Deno.test(`${words.join(" ")} exits ${code} and leaves nothing`, async () => {
    await using world = await openWorld();
    await world.push("app:v1", twoPlatforms());
    const here = words.map((word) => word.replace("DIR", world.dir).replace("REG", world.registry));
    const result = await runDavit(here);
    assertEquals(result.code, code, result.stderr);
    assertMatch(result.stderr, /^davit: Cannot [^\n]+\n$/);
    assertStringIncludes(result.stderr, says);
    assertEquals(await world.list(), []);
  });
}
