import { assert, assertEquals } from "@std/assert";
import { appendToIndex } from "../../lib/image/append_to_index.ts";
import { createIndex } from "../../lib/image/create_index.ts";
import { emptyIndex } from "../../lib/image/empty.ts";
import { Repository } from "../../lib/registry/repository.ts";
import { Transport } from "../../lib/registry/transport.ts";
import { copy } from "../../lib/store/copy.ts";
import { openWorld, twoPlatforms, type World } from "../cli/world.ts";
import { runDavit } from "../support/cli.ts";
import { run, runOk } from "../support/command.ts";
import { serveCounted } from "../support/counted_registry.ts";
import { peerTest } from "../support/peers.ts";
import { FIVE_PLATFORMS, imageMatrix, matrixImage } from "./image_matrix.ts";

// deno-lint-ignore no-explicit-any
type Json = any;

/**
 * Runs an edit of an index by crane and by davit, and returns what each made of it.
 *
 * What differs on purpose is taken out: crane notes the config's media type as the `artifactType` of
 * images that are no artifacts, and writes members in another order.
 */
async function edit(world: World, words: readonly string[]): Promise<readonly [Json, Json]> {
  const spelled = words.map((word) => word.replaceAll("REG", world.registry));
  const results: Json[] = [];
  for (const who of ["crane", "davit"] as const) {
    const target = `${world.registry}/result:${who}`;
    const inputs = ["index", ...spelled, "-t", target];
    if (who === "crane") await runOk("crane", inputs);
    else assertEquals(await codeOf(inputs), 0);
    const manifest = JSON.parse((await runOk("crane", ["manifest", target])).stdout);
    for (const entry of manifest.manifests ?? []) {
      if (/image\.(config\.)?v1\+json$/.test(entry.artifactType ?? "")) delete entry.artifactType;
    }
    results.push(manifest);
  }
  return [results[0], results[1]];
}

async function codeOf(inputs: readonly string[]): Promise<number> {
  return (await runDavit(inputs)).code;
}

for (const { name, view } of imageMatrix()) {
  peerTest(`crane and davit append and filter ${name} alike`, { needs: ["crane"] }, async () => {
    await using world = await openWorld();
    await world.push("it:v1", view);
    await world.push("base:v1", twoPlatforms());
    const appends = [
      ["append", "-m", "REG/it:v1"],
      ["append", "--docker-empty-base", "-m", "REG/it:v1"],
      ["append", "--flatten=false", "-m", "REG/it:v1"],
      ["append", "REG/base:v1", "-m", "REG/it:v1"],
    ];
    for (const words of appends) {
      const [crane, davit] = await edit(world, words);
      assertEquals(davit, crane, words.join(" "));
    }
    if (view.kind !== "index") return;
    for (
      const platforms of [["linux"], ["linux/arm", "windows"], ["linux/arm64"]]
    ) {
      const flags = platforms.flatMap((platform) => ["--platform", platform]);
      const [crane, davit] = await edit(world, ["filter", "REG/it:v1", ...flags]);
      assertEquals(davit, crane, platforms.join());
    }
  });
}

peerTest(
  "crane and davit list an index alike, but for the spaces",
  { needs: ["crane"] },
  async () => {
    await using world = await openWorld();
    const form = { family: "oci", compression: "gzip" } as const;
    const images = FIVE_PLATFORMS.map((platform) => matrixImage({ ...form, platform }));
    await world.push("it:v1", await appendToIndex(emptyIndex(), images));
    const words = ["index", "list", `${world.registry}/it:v1`];
    const { stdout: expected } = await runOk("crane", words);
    const { stdout } = await runDavit(words);
    const squeeze = (text: string) => text.replaceAll(/ +/g, " ").replaceAll(/ $/gm, "");
    assertEquals(squeeze(stdout), squeeze(expected));
  },
);

/** Where davit does something else than crane, each with its reason. */
const DIFFERENCES: readonly {
  readonly why: string;
  readonly words: readonly string[];
  readonly crane: number;
  readonly davit: number;
}[] = [
  {
    why: "an index of nothing helps nobody",
    words: ["filter", "REG/base:v1", "--platform", "linux/s390x"],
    crane: 0,
    davit: 3,
  },
  {
    why: "all is a platform in every other command",
    words: ["filter", "REG/base:v1", "--platform", "all"],
    crane: 2,
    davit: 0,
  },
];

for (const { why, words, crane, davit } of DIFFERENCES) {
  peerTest(`index ${words.join(" ")} differs: ${why}`, { needs: ["crane"] }, async () => {
    await using world = await openWorld();
    await world.push("base:v1", twoPlatforms());
    const inputs = ["index", ...words, "-t", "REG/result:v1"]
      .map((word) => word.replaceAll("REG", world.registry));
    assertEquals((await run("crane", inputs)).code, crane);
    assertEquals(await codeOf(inputs), davit);
  });
}

peerTest("crane lists again what is there; davit does not", { needs: ["crane"] }, async () => {
  await using world = await openWorld();
  await world.push("base:v1", twoPlatforms());
  const [crane, davit] = await edit(world, ["append", "REG/base:v1", "-m", "REG/base:v1"]);
  assertEquals([crane.manifests.length, davit.manifests.length], [4, 2]);
});

peerTest(
  "crane keeps nothing of A,B, which its help promises; davit both",
  { needs: ["crane"] },
  async () => {
    await using world = await openWorld();
    await world.push("base:v1", twoPlatforms());
    const platforms = "linux/amd64,linux/arm64";
    const [crane, davit] = await edit(world, ["filter", "REG/base:v1", "--platform", platforms]);
    assertEquals([crane.manifests ?? [], davit.manifests.length], [[], 2]);
  },
);

peerTest(
  "an edit of an index takes davit no more requests than crane",
  { needs: ["crane"] },
  async () => {
    await using registry = await serveCounted();
    using transport = new Transport();
    const five = FIVE_PLATFORMS.map((platform) =>
      matrixImage({ family: "oci", compression: "gzip", platform })
    );
    for (
      const [repository, view] of [["app", twoPlatforms()], [
        "five",
        createIndex(five.map((image) => ({ image }))),
      ]] as const
    ) {
      await using store = new Repository({ registry: registry.address, repository }, { transport });
      await copy(view, store, { names: ["v1"] });
    }
    for (
      const [repository, words] of [
        ["app", ["append", "REG/app:v1", "-m", "REG/app:v1"]],
        ["app", ["append", "-m", "REG/app:v1"]],
        ["five", ["filter", "REG/five:v1", "--platform", "linux"]],
        ["five", ["filter", "REG/five:v1", "--platform", "windows"]],
      ] as const
    ) {
      const spelled = words.map((word) => word.replaceAll("REG", registry.address));
      const count = async (run: (inputs: string[]) => Promise<unknown>, tag: string) => {
        const inputs = ["index", ...spelled, "-t", `${registry.address}/${repository}:${tag}`];
        return (await registry.requestsOf(() => run(inputs))).length;
      };
      const crane = await count((inputs) => runOk("crane", inputs), "crane");
      const davit = await count((inputs) => runDavit(inputs), "davit");
      assert(davit <= crane, `${words.join(" ")}: ${davit} requests, crane ${crane}`);
    }
  },
);
