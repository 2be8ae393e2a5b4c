import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { commandNames } from "../support/command_names.ts";
import { VERSION } from "../../scripts/version.ts";
import { runDavit, runDavitOk } from "../support/cli.ts";

const NAMES = commandNames();

Deno.test("davit without words prints the help, as crane does", async () => {
  const { code, stdout, stderr } = await runDavit([]);
  assertEquals([code, stderr], [0, ""]);
  assertMatch(stdout, /^davit COMMAND \[ARGUMENTS\] \[FLAGS\]\n/);
  for (const [name = ""] of NAMES) assertMatch(stdout, new RegExp(`^  ${name} +[A-Z]`, "m"));
  for (const words of [["--help"], ["-h"], ["help"]]) {
    assertEquals((await runDavitOk(words)).stdout, stdout);
  }
});

for (const words of NAMES) {
  const name = words.join(" ");
  Deno.test(`davit ${name} --help shows the usage first, then what it does and its flags`, async () => {
    const { code, stdout, stderr } = await runDavit([...words, "--help"]);
    assertEquals([code, stderr], [0, ""]);
    assertMatch(stdout, new RegExp(`^davit ${name} .*\\[FLAGS\\]\n\n[A-Z]`));
    assertMatch(stdout, /\n {2}-h, --help +\S/);
    for (const line of stdout.split("\n")) assert(line.length <= 120, line);
    assertEquals((await runDavitOk(["help", ...words])).stdout, stdout);
  });
}

Deno.test("a group of commands prints its commands", async () => {
  const { stdout } = await runDavitOk(["registry"]);
  assertMatch(stdout, /^davit registry COMMAND/);
  assertMatch(stdout, /^ {2}serve +\S/m);
});

for (const words of [["version"], ["--version"], ["-v"]]) {
  Deno.test(`davit ${words} prints the version alone`, async () => {
    assertEquals((await runDavitOk(words)).stdout, `${VERSION}\n`);
  });
}

for (
  const { words, says } of [
    { words: ["apend"], says: 'Cannot find command "apend": did you mean "append"?' },
    { words: ["pul", "x"], says: 'Cannot find command "pul": did you mean "pull"' },
    { words: ["xyzzy"], says: 'Cannot find command "xyzzy": "davit --help" lists the commands' },
    { words: ["registry", "srv"], says: 'Cannot find command "srv": did you mean "serve"?' },
    { words: ["constructor"], says: 'Cannot find command "constructor"' },
    { words: ["__proto__"], says: 'Cannot find command "__proto__"' },
    { words: [""], says: 'Cannot find command ""' },
    { words: ["--nope"], says: "Cannot use --nope here" },
    { words: ["--insecure"], says: "Cannot use --insecure here" },
    { words: ["help", "nope"], says: 'Cannot find command "nope"' },
    {
      words: ["append", "--bse", "x"],
      says: 'Cannot use --bse: "davit append" has no such flag; did you mean --base?',
    },
    {
      words: ["append", "--unheard-of"],
      says: '"davit append" has no such flag; "davit append --help" explains it',
    },
    { words: ["ls", "-x"], says: 'Cannot use -x: "davit ls" has no such flag' },
    {
      words: ["append", "-t", "a", "-t", "b"],
      says: 'Cannot use --new-tag twice: got "a" and "b"',
    },
    { words: ["append"], says: 'Cannot run "davit append": expected --new-tag with a value' },
    { words: ["append", "-t"], says: "expected --new-tag with a value" },
    { words: ["ls"], says: 'Cannot run "davit ls": expected REPOSITORY' },
    { words: ["ls", "a", "b"], says: 'expected one argument, got "b" too' },
    {
      words: ["version", "1"],
      says: 'Cannot run "davit version": expected no argument, got "1" too',
    },
    { words: ["pull", "x"], says: 'Cannot run "davit pull": expected IMAGE... PATH' },
    { words: ["pull", "--format", "zip", "a", "b"], says: "expected tarball, legacy, oci" },
    { words: ["completion", "tcsh"], says: "expected bash, zsh or fish" },
    { words: ["registry", "serve", "--address", "x"], says: "expected HOST:PORT" },
    { words: ["registry", "serve", "--address", ":70000"], says: "expected HOST:PORT" },
  ]
) {
  Deno.test(`davit ${words.join(" ")} exits 2 with one line that helps`, async () => {
    const { code, stdout, stderr } = await runDavit(words);
    assertEquals([code, stdout], [2, ""]);
    assertMatch(stderr, /^davit: Cannot [^\n]+\n$/);
    assertStringIncludes(stderr, says);
    const json = await runDavit([...words, "--json"]);
    if (words[0] === "help" || words.at(-1)?.startsWith("-")) return;
    assertEquals(JSON.parse(json.stderr).code, "ERR_USAGE");
  });
}

for (const word of ["list", "login", "inspect", "save", "rm", "import", "unpack", "image ls"]) {
  Deno.test(`davit ${word}, as another tool has it, says what it is here`, async () => {
    const { code, stderr } = await runDavit([...word.split(" "), "x"]);
    assertEquals(code, 2);
    assertMatch(stderr, /^davit: Cannot find command "\w+": here it is "davit [^\n]+\n$/);
    for (const [, here = ""] of stderr.matchAll(/"davit ([a-z ]*[a-z])/g)) {
      assertEquals((await runDavit([...here.split(" "), "--help"])).code, 0, here);
    }
  });
}

for (
  const { flag, says } of [
    { flag: "--src-tls-verify=false", says: "--insecure allows certificates" },
    { flag: "--dest-creds=ann:secret", says: "--dst-creds USER[:PASS]" },
    { flag: "--all", says: "all platforms go along" },
    { flag: "--override-arch=arm64", says: "--platform OS/ARCH" },
    { flag: "--authfile=x", says: "REGISTRY_AUTH_FILE" },
  ]
) {
  Deno.test(`davit copy ${flag}, as skopeo has it, says what it is here`, async () => {
    const { code, stderr } = await runDavit(["copy", flag, "a", "b"]);
    assertEquals(code, 2);
    assertMatch(stderr, /^davit: Cannot use --[a-z-]+: "davit copy" has no such flag; [^\n]+\n$/);
    assertStringIncludes(stderr, says);
    assertEquals(stderr.includes("secret"), false);
  });
}

Deno.test("an unreachable registry is one line; --verbose adds the causes", async () => {
  const server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen() {} },
    () => new Response(),
  );
  const name = `127.0.0.1:${server.addr.port}/app`;
  await server.shutdown();
  const { code, stderr } = await runDavit(["ls", name]);
  assertEquals(code, 1);
  assertMatch(stderr, /^davit: Cannot [^\n]+\n$/);
  const verbose = await runDavit(["ls", "-v", name]);
  assertMatch(verbose.stderr, /^davit: Cannot [^\n]+\n( {2}because: [^\n]+\n)+$/);
});

Deno.test("registry serve says when something else listens there", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const address = `127.0.0.1:${listener.addr.port}`;
  const { code, stderr } = await runDavit(["registry", "serve", "--address", address]);
  listener.close();
  assertEquals(code, 1);
  assertStringIncludes(stderr, `Cannot listen on ${address}: something else listens there`);
});

Deno.test("registry serve tells where, serves until it is stopped, and reads PORT", async () => {
  for (
    const { words, env } of [
      { words: ["--address", "127.0.0.1:0"], env: {} },
      { words: [], env: { PORT: "0" } },
    ]
  ) {
    const stop = new AbortController();
    const running = runDavit(["registry", "serve", ...words], { signal: stop.signal, env });
    await new Promise((resolve) => setTimeout(resolve, 50));
    stop.abort();
    const { code, stdout } = await running;
    assertEquals(code, 0);
    assertMatch(stdout, /^serving on 127\.0\.0\.1:\d+\n$/);
  }
});

for (const shell of ["bash", "zsh", "fish"]) {
  Deno.test(`completion ${shell} prints a script that asks davit`, async () => {
    const { stdout } = await runDavitOk(["completion", shell]);
    assertStringIncludes(stdout, "davit __complete");
  });
}

for (
  const { words, proposes } of [
    { words: ["ap"], proposes: ["append"] },
    { words: ["c"], proposes: ["copy", "config", "catalog", "cluster", "completion"] },
    {
      words: ["registry", ""],
      proposes: [
        ...["connect", "create", "delete", "disconnect"],
        ...["gc", "list", "serve", "start", "stop"],
      ],
    },
    { words: ["append", "--new"], proposes: ["--new-tag", "--new-layer"] },
    { words: ["append", "--compression", ""], proposes: ["gzip", "zstd", "none"] },
    { words: ["pull", "--format", "o"], proposes: ["oci", "oci-archive"] },
    { words: ["completion", ""], proposes: ["bash", "zsh", "fish"] },
    { words: ["append", "--unheard-of", "x", "--b"], proposes: [] },
    { words: ["nope", ""], proposes: [] },
  ]
) {
  Deno.test(`completing "davit ${words.join(" ")}" proposes ${proposes.join(", ")}`, async () => {
    const { code, stdout, stderr } = await runDavit(["__complete", ...words]);
    assertEquals([code, stderr], [0, ""]);
    const found = stdout.split("\n").filter((line) => line !== "");
    assertEquals(found.map((line) => line.split("\t")[0]).sort(), [...proposes].sort());
    for (const line of found) assertMatch(line, /^\S+\t\S.*$/);
  });
}
