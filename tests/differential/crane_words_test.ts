/** Holds davit to crane's words: every command and every flag that crane tells of is there. */
import { assert, assertEquals } from "@std/assert";
import { runDavitOk } from "../support/cli.ts";
import { runOk } from "../support/command.ts";
import { peerTest } from "../support/peers.ts";

/**
 * crane takes these with every command, also where they change nothing. davit has them where they
 * mean something: to forget that a platform was asked for would be an answer to another question.
 */
const GLOBAL: Readonly<Record<string, readonly string[]>> = {
  "--platform": ["append", "config", "copy", "digest", "export", "manifest", "mutate", "pull"],
  "--insecure": ["append", "auth login", "blob", "catalog", "copy", "delete", "ls", "tag"],
  "--verbose": ["append", "auth get", "catalog", "copy", "digest", "ls", "validate"],
  "--allow-nondistributable-artifacts": ["append", "copy", "flatten", "mutate", "pull", "push"],
};

/** Commands that crane has but does not tell of. */
const HIDDEN = ["edit config", "edit fs", "edit manifest", "layout gc"];

/** Words that are not crane's own but those of the library it reads its command line with. */
const OF_THE_PARSER: ReadonlySet<string> = new Set(["help", "completion"]);

peerTest("every command and flag of crane is one of davit's", { needs: ["crane"] }, async () => {
  const commands = [...await commandsBelow([]), ...HIDDEN];
  assert(commands.length > 25, commands.join());
  const missing: string[] = [];
  for (const command of commands.filter((name) => !OF_THE_PARSER.has(name.split(" ")[0] ?? ""))) {
    const words = command.split(" ");
    const own = (await runDavitOk([...words, "--help"])).stdout;
    for (const flag of ownFlags(await helpOf(words))) {
      const name = flag.replaceAll("_", "-");
      const isThere = new RegExp(`(?:^|\\s)${name}(?:[\\s,]|$)`, "m").test(own);
      if (!isThere) missing.push(`${command} ${flag}`);
    }
  }
  assertEquals(missing, []);
});

peerTest(
  "crane's global flags are davit's where they mean something",
  { needs: ["crane"] },
  async () => {
    const { stdout } = await runOk("crane", ["--help"]);
    const known = new Set([...Object.keys(GLOBAL), "--help", "-h", "-v"]);
    assertEquals(flagsIn(stdout).filter((flag) => !known.has(flag)), []);
    for (const [flag, commands] of Object.entries(GLOBAL)) {
      for (const command of commands) {
        const { stdout: help } = await runDavitOk([...command.split(" "), "--help"]);
        assert(help.includes(`${flag} `), `davit ${command} ${flag}`);
      }
    }
  },
);

/** The commands that the help below some words lists; a group is not one itself. */
async function commandsBelow(words: readonly string[]): Promise<string[]> {
  const stdout = await helpOf(words);
  const [, list = ""] = /Available Commands:\n((?: {2}.*\n)+)/.exec(stdout) ?? [];
  const names = [...list.matchAll(/^ {2}(\S+)/gm)].map(([, name = ""]) => name);
  if (names.length === 0) return [words.join(" ")];
  const below = names.map((name) => commandsBelow([...words, name]));
  return (await Promise.all(below)).flat();
}

async function helpOf(words: readonly string[]): Promise<string> {
  return (await runOk("crane", [...words, "--help"])).stdout;
}

/** The flags of a command itself, without those that all have. */
function ownFlags(help: string): string[] {
  return flagsIn(help.split("Global Flags:")[0] ?? "");
}

/** The flags of a help, both the long name and the letter: `-t`, `--tag`. */
function flagsIn(help: string): string[] {
  const lines = help.split("\n").filter((line) => /^ {2,6}(?:-\w, )?--/.test(line));
  return lines.flatMap((line) => [...line.slice(0, 40).matchAll(/(?<=\s)--?[\w-]+/g)])
    .map(([flag]) => flag);
}
