/** Every example of k3d's documentation, as `scripts/k3d_examples.md` says it is taken. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { runDavit } from "../support/cli.ts";
import { tempDir } from "../support/temp_dir.ts";
import { exampleEngine } from "./example_engine.ts";

interface Example {
  readonly line: string;
  readonly refusal: string | undefined;
}

const text = await Deno.readTextFile(new URL("../../scripts/k3d_examples.md", import.meta.url));
const examples: readonly Example[] = [...text.matchAll(/^\| `k3d (.*?)` +\| (.*?) *\|$/gm)].map(
  ([, line = "", answer = ""]) => ({ line, refusal: /^refused: `(.*)`$/.exec(answer)?.[1] }),
);

Deno.test("the tables have all the groups of k3d's commands", () => {
  const groups = new Set(examples.map(({ line }) => line.split(" ")[0]));
  assertEquals([...groups].sort(), [
    ...["cluster", "completion", "config", "image", "kubeconfig", "node", "registry", "version"],
  ]);
});

/** What has no plan to print: it goes as far as the first change of the engine, which refuses it. */
const CHANGES = /^(?:image|registry create|registry delete)\b/;

Deno.test.each(examples)("k3d $line", async ({ line, refusal }) => {
  await using dir = await tempDir();
  const docker = await exampleEngine(dir);
  const env = { DAVIT_DOCKER: docker, HOME: dir.path, KUBECONFIG: dir.join("kubeconfig") };
  const words = [
    ...splitWords(
      line.replaceAll("k3d.yaml", dir.join("k3d.yaml"))
        .replaceAll("some-file.yaml", dir.join("some-file.yaml")),
    ),
    ...restraint(line),
  ];
  const { code, stderr } = await runDavit(words, { env });
  if (refusal === undefined) {
    const codes = CHANGES.test(line) ? [1, 3] : [0];
    assert(codes.includes(code), `${code}: ${stderr}`);
  } else {
    assertEquals(code, 2, stderr);
    assertStringIncludes(stderr, refusal);
  }
});

/** What would make something is only planned; and so it is where there is nothing to send. */
function restraint(line: string): readonly string[] {
  const isPlanned = /^(?:cluster create|node create|cluster (?:edit|update)|node edit)\b/.test(
    line,
  );
  return isPlanned ? ["--dry-run"] : [];
}

/** Takes a line apart as a shell does, as far as these lines need it. */
function splitWords(line: string): readonly string[] {
  return [...line.matchAll(/(?:"[^"]*"|'[^']*'|[^\s"']+)+/g)]
    .map(([word]) => word.replaceAll(/["']/g, ""));
}
