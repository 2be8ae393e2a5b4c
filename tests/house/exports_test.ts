import { assert, assertEquals } from "@std/assert";
import config from "../../deno.json" with { type: "json" };
import { ROOT } from "./module_graph.ts";

const rooms = (await Array.fromAsync(Deno.readDir(`${ROOT}lib`)))
  .map(({ name, isDirectory }) =>
    isDirectory
      ? { room: name, entry: `./lib/${name}/mod.ts` }
      : { room: name.replace(/\.ts$/, ""), entry: `./lib/${name}` }
  )
  .sort((left, right) => left.room < right.room ? -1 : 1);

Deno.test("deno.json exports the root, every room and the command, and nothing else", () => {
  const expected = rooms.map(({ room, entry }) => [`./${room}`, entry]);
  assertEquals<unknown>({ ...config.exports }, {
    ".": "./mod.ts",
    ...Object.fromEntries(expected),
    "./cli": "./scripts/davit.ts",
  });
});

Deno.test.each(rooms)("the root module gives all that $room gives", async ({ entry }) => {
  const root = await import(`${ROOT}mod.ts`);
  const room = await import(`${ROOT}${entry}`);
  for (const [name, value] of Object.entries(room)) {
    assert(root[name] === value, `mod.ts lacks ${name} of ${entry}, or has another one`);
  }
});
