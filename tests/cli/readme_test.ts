/**
 * Holds the command reference to the help. After a change of the help:
 * `deno test -A tests/cli/readme_test.ts -- --update`
 */
import { assert, assertEquals } from "@std/assert";
import { commandNames } from "../support/command_names.ts";
import { EXIT } from "../../scripts/console/exit_code.ts";
import { LOCATION_FORMS } from "../../lib/places/transport.ts";
import { runDavitOk } from "../support/cli.ts";

const PATH = new URL("../../scripts/README.md", import.meta.url).pathname;
const README = await Deno.readTextFile(PATH);
const NAMES = commandNames().map((words) => words.join(" "));

async function referenceOf(name: string): Promise<string> {
  const { stdout } = await runDavitOk([...name.split(" "), "--help"]);
  return `### davit ${name}\n\n\`\`\`text\n${stdout}\`\`\`\n`;
}

/** The part of the text between two headings. */
function section(from: string, to: string): string {
  return README.slice(README.indexOf(from), README.indexOf(to));
}

Deno.test("the reference shows the help of every command, word by word, in its order", async () => {
  const reference = (await Promise.all(NAMES.map(referenceOf))).join("\n");
  const present = section("### davit ", "## Places").trimEnd();
  if (Deno.args.includes("--update")) {
    return await Deno.writeTextFile(PATH, README.replace(present, () => reference.trimEnd()));
  }
  assertEquals(present, reference.trimEnd());
});

Deno.test("the reference names every exit code and every form of a place", () => {
  const codes = section("## Exit codes", "## Environment");
  for (const code of Object.values(EXIT)) assert(codes.includes(`| ${code} `), `${code}`);
  const places = section("## Places", "## Exit codes");
  for (const form of LOCATION_FORMS) {
    assert(places.includes(`\`${form.replaceAll("|", "\\|")}\``), form);
  }
});

Deno.test("the reference says of every command of crane where it stands", () => {
  const table = section("## crane, command by command", "## k3d, command by command");
  for (
    const command of [
      "append",
      "auth get",
      "auth login",
      "auth logout",
      "auth token",
      "blob",
      "catalog",
      "completion",
      "config",
      "copy",
      "delete",
      "digest",
      "edit config",
      "edit fs",
      "edit manifest",
      "export",
      "flatten",
      "index append",
      "index filter",
      "index list",
      "layout gc",
      "ls",
      "manifest",
      "mutate",
      "pull",
      "push",
      "rebase",
      "registry serve",
      "tag",
      "validate",
      "version",
    ]
  ) {
    const row = table.split("\n").find((line) => line.startsWith(`| \`${command}\``));
    assert(row !== undefined, command);
    const exists = NAMES.includes(command);
    assertEquals(row.includes("not yet |") || row.includes("| not yet"), !exists, row);
  }
});

Deno.test("the reference says of every command of k3d where it stands", () => {
  const table = README.slice(README.indexOf("## k3d, command by command"));
  for (
    const command of [
      ...["create", "list", "delete", "start", "stop", "restart", "edit"].map((verb) =>
        `cluster ${verb}`
      ),
      ...["create", "delete", "edit", "list", "start", "stop"].map((verb) => `node ${verb}`),
      "kubeconfig get",
      "kubeconfig merge",
      "image import",
      ...["create", "delete", "list"].map((verb) => `registry ${verb}`),
      "config init",
      "config migrate",
      "version",
      "completion",
    ]
  ) {
    const row = table.split("\n").find((line) => line.startsWith(`| \`${command}\``));
    assert(row !== undefined, command);
    const name = command.replace(/^config /, "cluster ");
    assertEquals(row.includes("not yet"), !NAMES.includes(name), row);
  }
});
