/** Flags that crane takes before its command, with whether a value follows. */
const GLOBAL_FLAGS: ReadonlyMap<string, boolean> = new Map([
  ["--insecure", false],
  ["--json", false],
  ["--verbose", false],
  ["-v", false],
  ["--allow-nondistributable-artifacts", false],
  ["--platform", true],
  ["--ca", true],
  ["--registries-config", true],
]);

/** What k3d does with the config files of clusters, where crane's word means those of images. */
const CLUSTER_CONFIG_WORDS: readonly string[] = ["init", "migrate", "view"];

/** One-letter flags that take a value in every command that has them. */
const VALUE_LETTERS = "bfjmoptuw";

/** One-letter flags that take a `KEY=VALUE` in some commands, and nothing in others. */
const PAIR_LETTERS = "ael";

const STICKY = new RegExp(`^-(?:([${VALUE_LETTERS}])([^=].*)|([${PAIR_LETTERS}])([^=]+=.*))$`, "s");

/**
 * Brings a command line into the form the parser takes: global flags may stand before the command,
 * flag names may be written with `_` as crane writes some, a value may stick to its letter (`-j4`)
 * or be empty (`--base=`), and `help X` asks for the help of `X`.
 */
export function normalizeArguments(inputs: readonly string[]): readonly string[] {
  const [leading, rest] = splitLeadingFlags(inputs);
  if (rest[0] === "help") return [...rest.slice(1), "--help"];
  if (rest[0] === "config" && CLUSTER_CONFIG_WORDS.includes(rest[1] ?? "")) {
    return normalizeArguments([...leading, "cluster", ...rest.slice(1)]);
  }
  const end = rest.indexOf("--");
  const flags = end < 0 ? rest : rest.slice(0, end);
  const values = end < 0 ? [] : rest.slice(end);
  return [...joinValues(flags).flatMap(spellOut), ...leading, ...values];
}

/** The value of this flag is a flag itself, of k3s: it must not be taken for one of davit. */
const FLAG_FOR_OTHERS = "--k3s-arg";

function joinValues(inputs: readonly string[]): readonly string[] {
  const joined: string[] = [];
  for (const input of inputs) {
    if (joined.at(-1) === FLAG_FOR_OTHERS) joined.push(`${joined.pop()}=${input}`);
    else joined.push(input);
  }
  return joined;
}

function splitLeadingFlags(inputs: readonly string[]): [readonly string[], readonly string[]] {
  let position = 0;
  while (position < inputs.length) {
    const [name = "", value] = (inputs[position] ?? "").split("=", 2);
    const takesValue = GLOBAL_FLAGS.get(name);
    if (takesValue === undefined) break;
    position += takesValue && value === undefined ? 2 : 1;
  }
  return position >= inputs.length ? [[], inputs] : [
    inputs.slice(0, position),
    inputs.slice(position),
  ];
}

function spellOut(input: string): readonly string[] {
  const [, letter, value, pairLetter, pair] = STICKY.exec(input) ?? [];
  if (letter !== undefined && value !== undefined) return [`-${letter}`, value];
  if (pairLetter !== undefined && pair !== undefined) return [`-${pairLetter}`, pair];
  const [, name, rest = ""] = /^(--[a-z][a-z_-]*)(.*)$/s.exec(input) ?? [];
  if (name === undefined) return [input];
  const dashed = name.replaceAll("_", "-");
  if (dashed === "--wait" && rest === "") return [dashed, "true"]; // a flag, or --wait=LEVEL
  return rest === "=" ? [dashed, ""] : [`${dashed}${rest}`];
}
