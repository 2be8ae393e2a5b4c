/** One way to authenticate that a `WWW-Authenticate` header offers. */
export interface Challenge {
  /** `basic`, `bearer` or another scheme, in lower case. */
  readonly scheme: string;
  /** The parameters, by name in lower case; the first of a name counts. */
  readonly parameters: ReadonlyMap<string, string>;
}

const TOKEN = /[!#$%&'*+.^_`|~0-9A-Za-z-]+/y;
const TOKEN_68 = /[A-Za-z0-9._~+/-]+=*(?=[ \t]*(?:,|$))/y;
const EQUALS = /[ \t]*=[ \t]*/y;
const SEPARATORS = /[ \t,]*/y;
const QUOTED = /"((?:[^"\\]|\\.)*)"?/y;
const UNQUOTED = /[^\s,]*/y;

/**
 * Parses the challenges of a `WWW-Authenticate` header, several in one line included. What is not
 * understood is passed over: a server's mistake must not hide the challenge that follows it.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc9110#section-11.6.1 RFC 9110, WWW-Authenticate}
 * @example
 * ```ts
 * import { parseChallenges } from "@davit/davit/registry";
 *
 * const [challenge] = parseChallenges('Bearer realm="https://auth.example/token",service=example');
 * console.assert(challenge?.parameters.get("service") === "example");
 * ```
 */
export function parseChallenges(header: string): Challenge[] {
  const challenges: { scheme: string; parameters: Map<string, string> }[] = [];
  const scanner = new Scanner(header);
  for (;;) {
    scanner.take(SEPARATORS);
    const word = scanner.take(TOKEN);
    if (word === undefined) {
      if (!scanner.skip()) return challenges;
    } else if (scanner.take(EQUALS) === undefined) {
      challenges.push({ scheme: word.toLowerCase(), parameters: new Map() });
      scanner.take(SEPARATORS);
      scanner.take(TOKEN_68);
    } else {
      const value = scanner.value();
      const parameters = challenges.at(-1)?.parameters;
      const name = word.toLowerCase();
      if (parameters !== undefined && !parameters.has(name)) parameters.set(name, value);
    }
  }
}

/** Chooses the first challenge that can be answered: basic, or bearer with a realm. */
export function chooseChallenge(challenges: readonly Challenge[]): Challenge | undefined {
  return challenges.find(({ scheme, parameters }) =>
    scheme === "basic" || (scheme === "bearer" && Boolean(parameters.get("realm")))
  );
}

class Scanner {
  readonly #text: string;
  #position = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** Takes what the pattern matches here. */
  take(pattern: RegExp): string | undefined {
    return this.#match(pattern)?.[0];
  }

  /** Takes a parameter's value, quoted or not. */
  value(): string {
    const quoted = this.#match(QUOTED)?.[1];
    if (quoted !== undefined) return quoted.replaceAll(/\\(.)/g, "$1");
    return this.take(UNQUOTED) ?? "";
  }

  /** Passes over one character; says whether there was one. */
  skip(): boolean {
    return this.#position++ < this.#text.length;
  }

  #match(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#position;
    const match = pattern.exec(this.#text);
    if (match === null) return undefined;
    this.#position = pattern.lastIndex;
    return match;
  }
}
