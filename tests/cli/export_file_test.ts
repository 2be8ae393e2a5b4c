import { assertEquals } from "@std/assert";
import { appendLayers } from "../../lib/image/append.ts";
import { emptyImage } from "../../lib/image/empty.ts";
import { TarLayer } from "../../lib/layer/tar_layer.ts";
import { type TarInput, writeTar } from "../../lib/tar/write_tar.ts";
import { runDavitOk } from "../support/cli.ts";
import { tarLines } from "../support/tar_lines.ts";
import { openWorld } from "./world.ts";

function file(name: string, content: string): TarInput {
  const body = new TextEncoder().encode(content);
  const header = { type: "file", name, size: body.length, mode: 0o644, uid: 0, gid: 0, mtime: 0 };
  return { header: { ...header, type: "file" }, body };
}

Deno.test("export writes the same to a file and to standard output, whatever a layer overwrites", async () => {
  await using world = await openWorld();
  const link = { ...file("b", "").header, type: "hardlink", linkName: "a" } as const;
  const entries = [file("a", "old"), { header: link }, file("a", "new"), file("c", "c")];
  const layer = new TarLayer(() => writeTar(entries));
  await world.push("overwritten:1", appendLayers(emptyImage(), [layer]));
  const image = `${world.registry}/overwritten:1`;
  const { bytes } = await runDavitOk(["export", image, "-"]);
  await runDavitOk(["export", image, `${world.dir}/root.tar`]);
  assertEquals(await Deno.readFile(`${world.dir}/root.tar`), bytes);
  assertEquals(await tarLines(ReadableStream.from([bytes])), ["a = new", "b = old", "c = c"]);
});
