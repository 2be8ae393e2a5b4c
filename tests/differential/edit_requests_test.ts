/** Counts what edits ask of a registry: no more than crane does for the same. */
import { assert } from "@std/assert";
import { createIndex } from "../../lib/image/create_index.ts";
import type { View } from "../../lib/image/image.ts";
import { Repository } from "../../lib/registry/repository.ts";
import { Transport } from "../../lib/registry/transport.ts";
import { serveRegistry } from "../../lib/server/serve_registry.ts";
import { copy } from "../../lib/store/copy.ts";
import { runDavitOk } from "../support/cli.ts";
import { runOk } from "../support/command.ts";
import { peerTest } from "../support/peers.ts";
import { build, file } from "./edited_images.ts";

const BASE = [[file("a")], [file("b")], [file("c")]];

/** The words of an edit; `IMAGE`, `INDEX`, `BASE` and `TO` stand for names. */
const EDITS: readonly (readonly string[])[] = [
  ["mutate", "IMAGE", "-l", "a=b", "-e", "A=B"],
  ["mutate", "IMAGE", "-l", "a=b", "-t", "TO/app:v2"],
  ["mutate", "IMAGE", "-a", "a=b", "--repo", "TO/other"],
  ["rebase", "IMAGE", "--old_base", "BASE:1", "--new_base", "BASE:2"],
  ["rebase", "IMAGE", "--old_base", "BASE:1", "--new_base", "BASE:2", "-t", "TO/other:v1"],
  ["flatten", "IMAGE", "-t", "TO/app:flat"],
  ["flatten", "INDEX", "-t", "TO/index:flat"],
  ["index", "filter", "INDEX", "--platform", "linux/arm64", "-t", "TO/index:arm"],
  ["index", "append", "INDEX", "-m", "IMAGE", "-t", "TO/index:more"],
];

for (const words of EDITS) {
  peerTest(`as few requests as crane: ${words.join(" ")}`, { needs: ["crane"] }, async () => {
    const [theirs, ours] = [await count(words, "crane"), await count(words, "davit")];
    assert(
      ours.length <= theirs.length,
      `davit:\n${ours.join("\n")}\ncrane:\n${theirs.join("\n")}`,
    );
  });
}

async function count(words: readonly string[], tool: "crane" | "davit"): Promise<string[]> {
  const requests: string[] = [];
  await using server = await serveRegistry({
    log: ({ method, path }) => void requests.push(`${method} ${path}`),
  });
  const { address } = server;
  using transport = new Transport();
  const push = async (repository: string, tag: string, view: View) => {
    await using store = new Repository({ registry: address, repository }, { transport });
    await copy(view, store, { names: [tag] });
  };
  await push("base", "1", build(BASE));
  await push("base", "2", build([[file("a2")], [file("b")], [file("c2")]]));
  await push("app", "v1", build([...BASE, [file("app")]]));
  const platforms = ["linux/amd64", "linux/arm64"];
  const images = platforms.map((platform) => ({
    image: build([...BASE, [file(platform)]], { platform }),
  }));
  await push("index", "v1", createIndex(images));
  requests.length = 0;
  const names = {
    IMAGE: `${address}/app:v1`,
    INDEX: `${address}/index:v1`,
    BASE: `${address}/base`,
  };
  const line = Object.entries({ ...names, TO: address }).reduce(
    (filled, [word, name]) => filled.map((text) => text.replace(word, name)),
    [...words],
  );
  if (tool === "crane") await runOk("crane", line);
  else await runDavitOk(line);
  return requests;
}
