import { parentsOf } from "./entry_path.ts";

/** Says which files of a tree are left out, by the rules of `.dockerignore`. */
export interface IgnoreRules {
  /** Says whether a path, relative to the tree's root, is left out. */
  ignores(path: string): boolean;
  /** Says whether an ignored directory may still hold something that an exception brings back. */
  mayHoldExceptions(directory: string): boolean;
}

interface Rule {
  readonly pattern: string;
  readonly regexp: RegExp;
  readonly exception: boolean;
}

/** What Go's `strings.TrimSpace` removes. */
const SPACE = "[\\t-\\r \\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]+";
const SPACE_AROUND_REGEXP = new RegExp(`^${SPACE}|${SPACE}$`, "g");
const WILDCARD_REGEXP = /[*?[\\]/;

/**
 * Reads the lines of a `.dockerignore`: comments, `!` exceptions, `**`, and for the rest the
 * wildcards of Go's `filepath.Match`. The last rule that matches a path or a directory above it
 * decides.
 *
 * @param rules The text of the file, or its lines.
 * @throws {SyntaxError} For a lone `!` and for wildcards that do not parse.
 * @see {@link https://docs.docker.com/build/concepts/context/#dockerignore-files Docker, .dockerignore files}
 * @example
 * ```ts
 * import { parseIgnore } from "@davit/davit/layer";
 *
 * const rules = parseIgnore("node_modules\n*.log\n!keep.log\n");
 * console.assert(rules.ignores("node_modules/a.js"));
 * console.assert(!rules.ignores("keep.log"));
 * ```
 */
export function parseIgnore(rules: string | readonly string[]): IgnoreRules {
  const lines = typeof rules === "string" ? rules.replace(/^\ufeff/, "").split("\n") : rules;
  const parsed = lines.map(parseRule).filter((rule) => rule !== undefined);
  const exceptions = parsed.filter((rule) => rule.exception);
  return {
    ignores(path) {
      let ignored = false;
      const paths = [path, ...parentsOf(path)];
      for (const { regexp, exception } of parsed) {
        if (exception === ignored && paths.some((each) => regexp.test(each))) ignored = !exception;
      }
      return ignored;
    },
    mayHoldExceptions(directory) {
      return exceptions.some(({ pattern }) =>
        WILDCARD_REGEXP.test(pattern) || `${pattern}/`.startsWith(`${directory}/`)
      );
    },
  };
}

function parseRule(line: string): Rule | undefined {
  if (line.startsWith("#")) return undefined;
  const text = trim(normalize(trim(line)));
  if (text === "") return undefined;
  const cleaned = cleanPath(text);
  if (cleaned === "!") {
    throw new SyntaxError(`Cannot parse ignore rule "!": expected a pattern after it`);
  }
  const exception = cleaned.startsWith("!");
  const pattern = exception ? cleaned.slice(1) : cleaned;
  return { pattern, regexp: toRegExp(pattern), exception };
}

/** Makes the pattern of a line relative. Docker reads the outcome anew, so that `/!a` is `!a`. */
function normalize(text: string): string {
  if (text === "") return "";
  const exception = text.startsWith("!");
  const pattern = exception ? trim(text.slice(1)) : text;
  const relative = pattern === "" ? "" : cleanPath(pattern).replace(/^\/(?=.)/, "");
  return (exception ? "!" : "") + relative;
}

/** Go's `filepath.Clean`: no empty and `.` parts, `..` resolved where it can be. */
function cleanPath(path: string): string {
  const rooted = path.startsWith("/");
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "" || part === ".") continue;
    if (part !== "..") parts.push(part);
    else if (parts.length > 0 && parts.at(-1) !== "..") parts.pop();
    else if (!rooted) parts.push("..");
  }
  return (rooted ? "/" : "") + parts.join("/") || ".";
}

function toRegExp(pattern: string): RegExp {
  // Docker compares the end of the path when "**" is followed by text alone: "**log" has "a.log".
  const tail = pattern.startsWith("**") ? pattern.slice(2) : undefined;
  if (tail !== undefined && !tail.startsWith("/") && !WILDCARD_REGEXP.test(tail)) {
    return new RegExp(`${RegExp.escape(tail)}$`, "su");
  }
  const runes = [...pattern];
  let source = "";
  for (let i = 0; i < runes.length; i++) {
    const rune = runes[i] ?? "";
    if (rune === "*" && runes[i + 1] === "*") {
      i += runes[i + 2] === "/" ? 2 : 1;
      source += i + 1 === runes.length ? ".*" : "(?:.*/)?";
    } else if (rune === "*") source += "[^/]*";
    else if (rune === "?") source += "[^/]";
    else if (rune === "\\") source += literal(runes[++i], pattern);
    else if (rune === "[") {
      const { text, end } = characterClass(runes, i, pattern);
      source += text;
      i = end;
    } else source += literal(rune, pattern);
  }
  return new RegExp(`^${source}$`, "su");
}

function characterClass(
  runes: readonly string[],
  start: number,
  pattern: string,
): { text: string; end: number } {
  let i = start + 1;
  const negated = runes[i] === "^";
  if (negated) i++;
  const member = (): string => {
    const rune = runes[i++];
    if (rune === "-" || rune === "]") throw badPattern(pattern);
    const text = rune === "\\" ? runes[i++] : rune;
    if (text === undefined) throw badPattern(pattern);
    return text;
  };
  let text = "";
  do {
    const low = member();
    if (runes[i] !== "-") text += literal(low, pattern);
    else {
      i++;
      const high = member();
      const backwards = (low.codePointAt(0) ?? 0) > (high.codePointAt(0) ?? 0);
      if (!backwards) text += `${literal(low, pattern)}-${literal(high, pattern)}`;
    }
  } while (runes[i] !== "]");
  return { text: `[${negated ? "^" : ""}${text}]`, end: i };
}

function literal(rune: string | undefined, pattern: string): string {
  if (rune === undefined) throw badPattern(pattern);
  return `\\u{${rune.codePointAt(0)?.toString(16)}}`;
}

function badPattern(pattern: string): SyntaxError {
  return new SyntaxError(
    `Cannot parse ignore rule ${JSON.stringify(pattern)}: expected "[" closed by "]" with no ` +
      `empty or open range in it, and a character after "\\"`,
  );
}

function trim(text: string): string {
  return text.replace(SPACE_AROUND_REGEXP, "");
}
