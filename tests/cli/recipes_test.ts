/** Runs what README tells the user to run, in its order, as written but for the port. */
import { assert, assertEquals } from "@std/assert";
import { serveRegistry } from "../../lib/server/serve_registry.ts";
import { runOk } from "../support/command.ts";
import { engineTest } from "../support/engine.ts";
import { tempDir } from "../support/temp_dir.ts";
import { makeTree } from "../support/tree.ts";

const ROOT = new URL("../..", import.meta.url).pathname;
const README = await Deno.readTextFile(`${ROOT}/README.md`);
const RECIPES = README.slice(README.indexOf("## Recipes"), README.indexOf("## Clusters"));

interface Block {
  readonly language: string;
  readonly text: string;
}

/** The code blocks of the recipes, without those of serving registries, which have a test of their own. */
function blocks(address: string): readonly Block[] {
  const start = RECIPES.indexOf("### Files on top of an image");
  const fenced = RECIPES.slice(start).matchAll(/^```(\w+)\n(.*?)^```$/gms);
  return Array.from(fenced, ([, language = "", text = ""]) => (
    { language, text: text.replaceAll("127.0.0.1:5000", address) }
  ));
}

engineTest("README's recipes do what they say", async ({ host }) => {
  await using dir = await tempDir();
  await using server = await serveRegistry({ directory: dir.join("registry") });
  await makeTree(dir.path, {
    "bin/davit": {
      content: `#!/bin/sh\nexec ${Deno.execPath()} run -A ${ROOT}/scripts/davit.ts "$@"\n`,
      mode: 0o755,
    },
    "site/index.html": "<h1>davit</h1>\n",
    "sbom.json": "{}",
  });
  const env = {
    DOCKER_HOST: host,
    PATH: `${dir.join("bin")}:${Deno.env.get("PATH")}`,
  };
  const steps = blocks(server.address);
  assertEquals(steps.filter(({ language }) => language === "sh").length, 8);
  for (const [number, { language, text }] of steps.entries()) {
    if (language === "yaml") await Deno.writeTextFile(dir.join(nameOf(text)), text);
    if (language === "sh") await runOk("sh", ["-e", "-c", text], { cwd: dir.path, env });
    if (language === "ts") {
      const script = dir.join(`recipe-${number}.ts`);
      await Deno.writeTextFile(script, text);
      const args = ["run", "-A", "--config", `${ROOT}/deno.json`, script];
      await runOk(Deno.execPath(), args, { cwd: dir.path, env });
    }
  }
  await runOk("docker", ["rmi", "-f", `${server.address}/site:v1`], { env });
  for (
    const made of [
      "site.tar",
      "layout/index.json",
      "build/site/index.json",
      "legacy.tar",
      "sboms/sbom.json",
    ]
  ) {
    assert((await Deno.stat(dir.join(made))).isFile, made);
  }
});

/** The name of a file that begins with it in a comment. */
function nameOf(text: string): string {
  return /^# (\S+)/.exec(text)?.[1] ?? "davit.yaml";
}
