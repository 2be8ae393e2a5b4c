/** Runs what README tells of serving registries, as written but for names, ports and places. */
import { assert, assertEquals } from "@std/assert";
import { makeImage } from "../support/images.ts";
import { run, runOk } from "../support/command.ts";
import { DAVIT } from "../support/cli.ts";
import { peerTest } from "../support/peers.ts";
import { tempDir } from "../support/temp_dir.ts";
import { makeTree } from "../support/tree.ts";
import { openWorld } from "./world.ts";

const README = await Deno.readTextFile(new URL("../../README.md", import.meta.url));

/** The code blocks below a heading. */
function blocksOf(heading: string): readonly string[] {
  const start = README.indexOf(`### ${heading}\n`);
  assert(start >= 0, heading);
  const section = README.slice(start, README.indexOf("\n### ", start));
  return Array.from(section.matchAll(/^```sh\n(.*?)^```$/gms), ([, text = ""]) => text);
}

/** A directory with `davit` in a PATH, and with a site. */
async function openPlace() {
  const directory = await tempDir();
  const words = [Deno.execPath(), ...DAVIT].join(" ");
  await makeTree(directory.path, {
    "bin/davit": { content: `#!/bin/sh\nexec ${words} "$@"\n`, mode: 0o755 },
    "site/index.html": "<h1>davit</h1>\n",
  });
  const env = {
    PATH: `${directory.join("bin")}:${Deno.env.get("PATH")}`,
    DOCKER_CONFIG: directory.join("docker"),
  };
  return { directory, options: { cwd: directory.path, env } };
}

/** Runs a recipe whose last command serves, on a free port; returns where, and what ends it. */
async function serve(
  recipe: string,
  { cwd, env }: { readonly cwd: string; readonly env: Readonly<Record<string, string>> },
): Promise<{ address: string } & AsyncDisposable> {
  const text = recipe.replace("127.0.0.1:5000", "127.0.0.1:0")
    .replace(/davit registry serve/, "exec davit registry serve --json");
  const child = new Deno.Command("sh", {
    args: ["-e", "-c", text],
    cwd,
    env,
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const { value = "{}" } = await reader.read();
  return {
    address: JSON.parse(value).address,
    async [Symbol.asyncDispose]() {
      child.kill("SIGINT");
      await child.status;
      await reader.cancel();
    },
  };
}

peerTest("README's registry with users lets them in, and nobody else", {
  needs: ["htpasswd"],
}, async () => {
  const { directory, options } = await openPlace();
  await using _ = directory;
  const [serving = "", using = ""] = blocksOf("A registry with users");
  await using server = await serve(serving, options);
  const recipe = using.replaceAll("127.0.0.1:5000", server.address);
  const [, push = ""] = recipe.split("\n");
  assertEquals((await run("sh", ["-e", "-c", push], options)).code, 1);
  await runOk("sh", ["-e", "-c", recipe], options);
  assert((await Deno.stat(directory.join("private/site/index.json"))).isFile);
});

Deno.test("README's cache gives what another registry has", async () => {
  const { directory, options } = await openPlace();
  await using _ = directory;
  await using world = await openWorld();
  const image = makeImage([[{ path: "file", content: "content" }]]);
  await world.push("org/app:v1", image);
  const [serving = "", using = ""] = blocksOf("A cache in front of other registries");
  await using server = await serve(serving.replace("ghcr.io", world.registry), options);
  const recipe = using.replaceAll("127.0.0.1:5000", server.address)
    .replace("ghcr.io", world.registry.replace(":", "_"));
  await runOk("sh", ["-e", "-c", recipe], options);
  const index = JSON.parse(await Deno.readTextFile(directory.join("app/index.json")));
  assertEquals(index.manifests[0].digest, (await image.descriptor()).digest);
});
