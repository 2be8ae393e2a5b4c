import { assertEquals, assertStringIncludes } from "@std/assert";
import { runDavit, runDavitOk } from "../support/cli.ts";
import { runOk } from "../support/command.ts";
import { DOCKER_REGISTRY_NEEDS, startDockerRegistry } from "../support/docker_registry.ts";
import { makeImage } from "../support/images.ts";
import { peerTest } from "../support/peers.ts";
import { openWorld, twoPlatforms } from "./world.ts";

const APP = makeImage([[{ path: "a", content: "a" }]]);
const SBOM = "application/spdx+json";

Deno.test("artifact push and pull carry files, in a registry and in a layout", async () => {
  await using world = await openWorld();
  const path = await world.write("conf/app.yaml", "a: b\n");
  for (const name of [`${world.registry}/config:v1`, `oci:${world.dir}/layout:v1`]) {
    const { stdout } = await runDavitOk([
      ...["artifact", "push", name, `etc/app.yaml=${path}:application/yaml`, "--json"],
    ]);
    const { digest, names } = JSON.parse(stdout);
    assertEquals(names, ["v1"]);
    assertEquals((await runDavitOk(["digest", name])).stdout, `${digest}\n`);
    const out = `${world.dir}/out`;
    const pulled = await runDavitOk(["artifact", "pull", name, "-o", out]);
    assertEquals(pulled.stdout, "etc/app.yaml\n");
    assertEquals(await Deno.readTextFile(`${out}/etc/app.yaml`), "a: b\n");
    await Deno.remove(out, { recursive: true });
  }
});

Deno.test("artifact push --subject attaches; tree shows it, pull --referrers fetches it", async () => {
  await using world = await openWorld();
  const digest = await world.push("app:v1", APP);
  const app = `${world.registry}/app`;
  const path = await world.write("sbom.json", "{}");
  const push = ["artifact", "push", app, "--subject", `${app}:v1`];
  const { stdout } = await runDavitOk([...push, "--artifact-type", SBOM, `${path}:${SBOM}`]);
  const sbom = stdout.trim().split("@")[1] ?? "";
  assertEquals((await runDavitOk(["ls", app])).stdout, "v1\n");
  const about = ["artifact", "push", app, "--subject", `${app}@${sbom}`];
  const signed = await runDavitOk([...about, "--artifact-type", "example/sig", "-a", "by=ann"]);
  const signature = signed.stdout.trim().split("@")[1] ?? "";
  assertEquals(
    (await runDavitOk(["artifact", "tree", `${app}:v1`])).stdout,
    `${app}:v1 ${digest}\n` +
      `└── ${SBOM} ${sbom}\n` +
      `    └── example/sig ${signature}\n` +
      `          by: ann\n`,
  );
  const tree = JSON.parse((await runDavitOk(["artifact", "tree", "--json", `${app}:v1`])).stdout);
  assertEquals(tree.referrers[0].referrers[0].digest, signature);
  const none = await runDavitOk(["artifact", "tree", "--artifact-type", "a/b", `${app}:v1`]);
  assertEquals(none.stdout, `${app}:v1 ${digest}\n`);
  const out = `${world.dir}/out`;
  await runDavitOk(["artifact", "pull", "--referrers", SBOM, `${app}:v1`, "-o", out]);
  assertEquals(await Deno.readTextFile(`${out}/sbom.json`), "{}");
  const missing = await runDavit(["artifact", "pull", "--referrers", "a/b", `${app}:v1`]);
  assertEquals(missing.code, 3);
});

Deno.test("artifact tree of an index shows what is about each of its images", async () => {
  await using world = await openWorld();
  await world.push("app:v1", twoPlatforms());
  const app = `${world.registry}/app`;
  await runDavitOk([
    ...["artifact", "push", app, "--subject", `${app}:v1`, "--platform", "linux/arm64"],
    ...["--artifact-type", "example/sig", "-a", "by=ann"],
  ]);
  const { stdout } = await runDavitOk(["artifact", "tree", `${app}:v1`]);
  assertEquals(
    stdout.replaceAll(/ sha256:\w+/g, "").replace(world.registry, "REG"),
    [
      "REG/app:v1",
      "├── linux/amd64",
      "└── linux/arm64",
      "    └── example/sig",
      "          by: ann",
      "",
    ].join("\n"),
  );
});

const HERE = new URL(import.meta.url).pathname;

const WRONG: readonly {
  readonly words: readonly string[];
  readonly says: string;
  readonly exits?: number;
}[] = [
  { words: ["push", "REG/app:v2"], says: "expected files, a config or annotations" },
  { words: ["push", "REG/app:v2", "nope.txt"], says: 'Cannot find file "nope.txt"', exits: 3 },
  { words: ["push", "REG/app:v2", "HERE:text"], says: "expected a media type behind", exits: 2 },
  {
    words: ["push", "REG/app:v2", "--config", "nope.json:text/json", "HERE"],
    says: 'Cannot find file "nope.json"',
    exits: 3,
  },
  { words: ["push", "REG/app", "--artifact-type", "nope", "x"], says: "expected a media type" },
  { words: ["push", "REG/app", "-a", "nope", "x"], says: "expected KEY=VALUE" },
  { words: ["push", "REG/app", "--config", "nope", "x"], says: "expected PATH:TYPE" },
  {
    words: ["push", "REG/other", "--subject", "REG/app:v1", "-a", "a=b"],
    says: "expected both in one repository",
  },
  {
    words: [
      "push",
      "docker-archive:DIR/a.tar",
      "--subject",
      "docker-archive:DIR/a.tar",
      "-a",
      "a=b",
    ],
    says: "Cannot find file",
  },
  { words: ["pull", "REG/app:v1", "-o", "DIR/out"], says: "Cannot find file with a title" },
  { words: ["pull", "REG/app:nope", "-o", "DIR/out"], says: 'Cannot find tag "nope"' },
];

for (const { words, says, exits } of WRONG) {
  Deno.test(`artifact ${words.join(" ")} fails and leaves nothing`, async () => {
    await using world = await openWorld();
    await world.push("app:v1", APP);
    const { code, stdout, stderr } = await runDavit([
      "artifact",
      ...words.map((word) =>
        word.replace("REG", world.registry).replace("DIR", world.dir).replace("HERE", HERE)
      ),
    ]);
    assertEquals([code > 0, stdout], [true, ""]);
    assertEquals(code, exits ?? code, stderr);
    assertStringIncludes(stderr, says);
    assertEquals(await world.list(), []);
    assertEquals((await runDavitOk(["catalog", world.registry])).stdout, "app\n");
    assertEquals((await runDavitOk(["ls", `${world.registry}/app`])).stdout, "v1\n");
  });
}

peerTest("oras pulls what davit pushed, and davit what oras pushed", {
  needs: ["oras", ...DOCKER_REGISTRY_NEEDS],
}, async () => {
  await using world = await openWorld();
  await using registry = await startDockerRegistry();
  await world.write("in/note.txt", "ahoy");
  await world.write("in/d/e/x", "x");
  const cwd = `${world.dir}/in`;
  const [ours, theirs] = [`${registry.name}/a:ours`, `${registry.name}/a:theirs`];
  await runDavitOk(["artifact", "push", ours, `note.txt=${cwd}/note.txt:text/plain`, `d=${cwd}/d`]);
  await runOk("oras", ["push", "--plain-http", theirs, "note.txt:text/plain", "d"], { cwd });
  await runOk("oras", ["pull", "--plain-http", ours, "-o", `${world.dir}/by-oras`]);
  await runDavitOk(["artifact", "pull", theirs, "-o", `${world.dir}/by-davit`]);
  for (const out of ["by-oras", "by-davit"]) {
    await runOk("diff", ["-r", cwd, `${world.dir}/${out}`]);
  }
});
