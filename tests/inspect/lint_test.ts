import { assert, assertEquals, assertRejects } from "@std/assert";
import { UnsupportedError } from "../../lib/errors.ts";
import { type ConfigChanges, configureImage } from "../../lib/image/configure.ts";
import { emptyImage } from "../../lib/image/empty.ts";
import type { Image } from "../../lib/image/image.ts";
import { lintImage } from "../../lib/inspect/lint.ts";
import { LINT_RULES, type LintRuleId } from "../../lib/inspect/lint_rules.ts";
import { toSarif } from "../../lib/inspect/sarif.ts";
import { isSecretPath, isSecretVariable, secretIn } from "../../lib/inspect/secrets.ts";
import type { LayerEntry } from "../../lib/layer/layer_entry.ts";
import { whiteout } from "../../lib/layer/whiteout.ts";
import { MEDIA_TYPE } from "../../lib/oci/media_type.ts";
import { concat } from "../../lib/stream/concat.ts";
import type { TarHeader } from "../../lib/tar/entry.ts";
import { encodeHeader, END_OF_ARCHIVE } from "../../lib/tar/writer.ts";
import { makeImage } from "../support/images.ts";
import { imageIn, putImage, putTar, RawPlace } from "./raw_place.ts";

/** What makes an image that nothing is to be said about. */
const FILES: readonly LayerEntry[] = [
  { path: "app", content: "#!", mode: 0o755 },
  { path: "etc/passwd", content: "root:x:0:0\napp:x:1:1\n" },
];
const CONFIG: ConfigChanges = { entrypoint: ["/app"], user: "app" };

const KEY = `-----BEGIN OPENSSH PRIVATE KEY-----\n${"b3BlbnNzaC1rZXk".repeat(5)}\n`;
const LARGE = 1_500_000;

function imageOf(layers: readonly (readonly LayerEntry[])[], config: ConfigChanges = {}): Image {
  return configureImage(makeImage([FILES, ...layers]), { ...CONFIG, ...config });
}

/** What is found: `rule path #layer`. */
async function found(image: Image): Promise<readonly string[]> {
  const { findings } = await lintImage(image);
  return findings.map(({ rule, path, layer }) =>
    [rule, path, layer && `#${layer}`].filter((part) => part !== undefined).join(" ")
  );
}

Deno.test("lintImage() has nothing to say of an image that is as it should be", async () => {
  assertEquals(await found(imageOf([])), []);
});

function large(path: string, fill = 1): LayerEntry {
  return { path, content: new Uint8Array(LARGE).fill(fill) };
}

Deno.test.each<
  { what: string; layers: readonly (readonly LayerEntry[])[]; finds: readonly string[] }
>([
  {
    what: "a private key, though a later layer deletes it",
    layers: [[{ path: "root/x", content: KEY }], [whiteout("root/x")]],
    finds: ["secret-content /root/x #2"],
  },
  {
    what: "a file of secrets by its name",
    layers: [[{ path: "srv/.env", content: "x" }]],
    finds: ["secret-file /srv/.env #2"],
  },
  {
    what: "set-uid",
    layers: [[{ path: "su", content: "x", mode: 0o4755 }]],
    finds: ["setuid /su #2"],
  },
  {
    what: "set-gid",
    layers: [[{ path: "sg", content: "x", mode: 0o2755 }]],
    finds: ["setuid /sg #2"],
  },
  {
    what: "capabilities",
    layers: [[{
      path: "ping",
      content: "x",
      xattrs: new Map([["security.capability", new Uint8Array(20)]]),
    }]],
    finds: ["capabilities /ping #2"],
  },
  {
    what: "what anybody may write, but not /tmp",
    layers: [[
      { path: "tmp", type: "directory", mode: 0o1777 },
      { path: "var", type: "directory", mode: 0o777 },
      { path: "w", content: "", mode: 0o666 },
      { path: "l", type: "symlink", linkName: "w" },
    ]],
    finds: ["world-writable /var #2", "world-writable /w #2"],
  },
  {
    what: "a device",
    layers: [[{ path: "dev/null", type: "character-device", deviceMajor: 1, deviceMinor: 3 }]],
    finds: ["device-file /dev/null #2"],
  },
  {
    what: "bytes that later layers replace or delete",
    layers: [[large("a"), large("b", 2)], [whiteout("a"), { path: "b", content: "" }]],
    finds: ["wasted-bytes /a #2", "wasted-bytes /b #2"],
  },
  {
    what: "a cache",
    layers: [[large("var/lib/apt/lists/x")]],
    finds: ["package-cache /var/lib/apt/lists/"],
  },
  {
    what: "the same content twice",
    layers: [[large("a"), large("b")]],
    finds: ["same-content /a"],
  },
  {
    what: "no copies where there are hard links",
    layers: [[large("a"), { path: "b", type: "hardlink", linkName: "a" }]],
    finds: [],
  },
  { what: "an empty layer", layers: [[]], finds: ["empty-layer #2"] },
])("lintImage() finds $what", async ({ layers, finds }) => {
  assertEquals(await found(imageOf(layers)), finds);
});

Deno.test.each<{ what: string; config: ConfigChanges; finds: LintRuleId | undefined }>([
  {
    what: "a secret in a variable",
    config: { env: { DB_PASSWORD: "hunter2" } },
    finds: "secret-env",
  },
  {
    what: "no secret in a path",
    config: { env: { TOKEN: "/run/secrets/token" } },
    finds: undefined,
  },
  { what: "no secret in nothing", config: { env: { API_KEY: "" } }, finds: undefined },
  {
    what: "a secret in the history",
    config: { history: [{ created_by: "RUN |1 NPM_TOKEN=abcdef npm ci", empty_layer: true }] },
    finds: "secret-history",
  },
  { what: "root", config: { user: "root" }, finds: "root-user" },
  { what: "root by number", config: { user: "0:0" }, finds: "root-user" },
  { what: "a user nobody knows", config: { user: "nobody" }, finds: "unknown-user" },
  { what: "no need to know a number", config: { user: "1000" }, finds: undefined },
  {
    what: "a command that is not there",
    config: { entrypoint: ["/nope"] },
    finds: "missing-command",
  },
  {
    what: "a command that is no program",
    config: { entrypoint: ["/etc/passwd"] },
    finds: "missing-command",
  },
  {
    what: "a command in PATH",
    config: { entrypoint: ["app"], env: { PATH: "/bin:/" } },
    finds: undefined,
  },
  { what: "a relative command", config: { entrypoint: ["./app"] }, finds: undefined },
  {
    what: "a directory that is not there",
    config: { workingDir: "/nope" },
    finds: "missing-workdir",
  },
  { what: "a directory that is", config: { workingDir: "/etc" }, finds: undefined },
])("lintImage() finds $what", async ({ config, finds }) => {
  assertEquals(await found(imageOf([], config)), finds === undefined ? [] : [finds]);
});

Deno.test("lintImage() finds a shell in the way, no command, and no platform", async () => {
  const shell = imageOf([[{ path: "bin/sh", content: "", mode: 0o755 }]], {
    entrypoint: [],
    cmd: ["/bin/sh", "-c", "app"],
  });
  assertEquals(await found(shell), ["shell-form"]);
  const nothing = emptyImage({ platform: null });
  assertEquals(await found(nothing), ["no-platform", "root-user", "no-command"]);
});

/** An image of one tar of empty files, from headers as they are. */
async function rawImage(...headers: readonly Partial<TarHeader>[]): Promise<Image> {
  const owned = {
    type: "file",
    name: "a",
    mode: 0o644,
    uid: 0,
    gid: 0,
    mtime: 0,
    size: 0,
  } as const;
  const blocks = headers.map((header) => encodeHeader({ ...owned, ...header }));
  const place = new RawPlace();
  const layer = await putTar(place, concat([...blocks, END_OF_ARCHIVE]));
  return imageIn(place, await putImage(place, [layer]));
}

Deno.test.each<{ what: string; headers: readonly Partial<TarHeader>[]; says: string }>([
  { what: "order", headers: [{ name: "b" }, { name: "a" }], says: "entries are not sorted (a)" },
  { what: "names", headers: [{ name: "./a" }], says: 'names begin with "./" or "/"' },
  { what: "owners", headers: [{ userName: "root" }], says: "owners have names" },
])("lintImage() says what is not canonical: $what", async ({ headers, says }) => {
  const { findings } = await lintImage(await rawImage(...headers));
  const canonical = findings.find(({ rule }) => rule === "non-canonical-tar");
  assertEquals(canonical?.message, says);
});

Deno.test("lintImage() finds a path that a layer has twice", async () => {
  const { findings } = await lintImage(await rawImage({}, {}));
  assertEquals(findings[0]?.rule, "duplicate-path");
});

Deno.test("lintImage() leaves out what it is told to, and sorts by how bad it is", async () => {
  const image = imageOf([[{ path: "x/.env", content: "" }, { path: "k", content: KEY }]], {
    user: "root",
  });
  const { findings } = await lintImage(image, { ignore: ["root-user"] });
  assertEquals(findings.map(({ level }) => level), ["error"]);
  const all = await lintImage(image);
  assertEquals(all.findings.map(({ level }) => level), ["error", "warning"]);
});

Deno.test("lintImage() refuses an artifact", async () => {
  const place = new RawPlace();
  const config = await place.put("{}", MEDIA_TYPE.ociEmpty);
  const artifact = await putImage(place, [], { manifest: { config } });
  await assertRejects(() => lintImage(imageIn(place, artifact)), UnsupportedError);
});

Deno.test.each([
  { path: "/root/.ssh/id_ed25519", expected: true },
  { path: "/root/.ssh/id_ed25519.pub", expected: false },
  { path: "/home/me/.aws/credentials", expected: true },
  { path: "/srv/.env.example", expected: false },
  { path: "/srv/.env.production", expected: true },
  { path: "/etc/environment", expected: false },
  { path: "/x/keys.p12", expected: true },
])("isSecretPath($path) is $expected", ({ path, expected }) => {
  assertEquals(isSecretPath(path), expected);
});

Deno.test.each<{ text: string; expected: string | undefined }>([
  { text: KEY, expected: "a private key" },
  { text: "-----BEGIN PUBLIC KEY-----\nMIIB", expected: undefined },
  { text: "looks for -----BEGIN PRIVATE KEY----- in files", expected: undefined },
  { text: `key = AKIA${"A".repeat(16)}`, expected: "an AWS access key" },
  { text: `//registry.npmjs.org/:_authToken=${"a".repeat(36)}`, expected: "an npm token" },
  { text: `\0${KEY}`, expected: undefined },
])("secretIn($text) is $expected", ({ text, expected }) => {
  assertEquals(secretIn(new TextEncoder().encode(text)), expected);
});

Deno.test("isSecretVariable() goes by whole words", () => {
  assert(isSecretVariable("MYSQL_ROOT_PASSWORD", "x") && isSecretVariable("apikey", "x"));
  assert(!isSecretVariable("TOKENIZERS_PARALLELISM", "x") && !isSecretVariable("GPG_KEY", "x"));
});

Deno.test("toSarif() has a result for each finding, with its rule, place and level", async () => {
  const image = imageOf([[{ path: "a b/.env", content: "x" }, large("v"), large("w")]]);
  const report = await lintImage(image);
  // deno-lint-ignore no-explicit-any
  const sarif = toSarif([report], { version: "1.2.3", image: "reg/app:v1" }) as any;
  const [run] = sarif.runs;
  assertEquals([sarif.version, run.tool.driver.version], ["2.1.0", "1.2.3"]);
  assertEquals(run.tool.driver.rules.length, Object.keys(LINT_RULES).length);
  assertEquals(run.results.length, report.findings.length);
  for (const result of run.results) {
    assertEquals(run.tool.driver.rules[result.ruleIndex].id, result.ruleId);
  }
  const [first] = run.results;
  assertEquals([first.ruleId, first.level], ["secret-file", "warning"]);
  assertEquals(first.locations[0].physicalLocation.artifactLocation.uri, "a%20b/.env");
});
