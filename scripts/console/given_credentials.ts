import type { Credentials, Keychain } from "../../lib/registry/keychain.ts";
import { readAll } from "../../lib/stream/read_all.ts";
import type { Context } from "./context.ts";
import { UsageError } from "./exit_code.ts";

/** What a place is to a command: what it reads from, what it writes to, or its only one. */
export type Side = "source" | "destination" | "place";

/** The flags that carry credentials. */
export interface CredentialFlags {
  /** For the registry of the command. */
  readonly creds?: string;
  /** For what is read. */
  readonly srcCreds?: string;
  /** For what is written. */
  readonly dstCreds?: string;
}

/** A registry or a repository of it. */
export interface GivenPlace {
  readonly registry: string;
  readonly repository?: string;
}

type Flag = "--creds" | "--src-creds" | "--dst-creds";

const MAX_STDIN_BYTES = 64 * 1024;

/**
 * The credentials of the command line. They are for the places that the command names: no other
 * registry is shown them, nor are they in any message.
 */
export class GivenCredentials {
  readonly #context: Context;
  readonly #texts: ReadonlyMap<Flag, string>;
  readonly #bound: Map<string, Flag> = new Map();
  #registry: string | undefined;
  #read: Promise<ReadonlyMap<Flag, Credentials>> | undefined;

  /** @param context Whose standard input has what the flags leave out. @param flags The flags. */
  constructor(context: Context, { creds, srcCreds, dstCreds }: CredentialFlags) {
    const texts: readonly (readonly [Flag, string | undefined])[] = [
      ["--creds", creds],
      ["--src-creds", srcCreds],
      ["--dst-creds", dstCreds],
    ];
    this.#context = context;
    this.#texts = new Map(
      texts.flatMap(([flag, text]) => text === undefined ? [] : [[flag, text]]),
    );
  }

  /**
   * Notes that the command names a place.
   *
   * @throws {UsageError} When `--creds` would be shown to a second registry.
   */
  bind({ registry, repository = "" }: GivenPlace, side: Side): void {
    const flag = this.#flagOf(side);
    if (flag === undefined) return;
    if (flag === "--creds") {
      if (this.#registry !== undefined && this.#registry !== registry) {
        throw new UsageError(
          `Cannot show --creds to both "${this.#registry}" and "${registry}": expected one ` +
            'registry; use --src-creds and --dst-creds, or "davit auth login"',
        );
      }
      this.#registry = registry;
    }
    const key = flag === "--creds" ? registry : `${registry}/${repository}`;
    if (side !== "source" || !this.#bound.has(key)) this.#bound.set(key, flag);
  }

  /** A keychain that has these, and else what another has. */
  before(keychain: Keychain): Keychain {
    return {
      credentials: async (registry, repository, options) => {
        const flag = this.#bound.get(`${registry}/${repository}`) ?? this.#bound.get(registry);
        if (flag === undefined) return await keychain.credentials(registry, repository, options);
        this.#read ??= this.#readAll();
        return (await this.#read).get(flag);
      },
    };
  }

  #flagOf(side: Side): Flag | undefined {
    const own = side === "source" ? "--src-creds" : "--dst-creds";
    if (side !== "place" && this.#texts.has(own)) return own;
    return this.#texts.has("--creds") ? "--creds" : undefined;
  }

  /** What the flags leave out is on standard input, a line each, in the order of their sides. */
  async #readAll(): Promise<ReadonlyMap<Flag, Credentials>> {
    const lines = await this.#readLines();
    const next = (flag: Flag): string => {
      const line = lines.shift();
      if (line !== undefined) return line;
      throw new UsageError(
        `Cannot use ${flag}: expected USER:PASSWORD, or what is missing on standard input`,
      );
    };
    return new Map([...this.#texts].map(([flag, text]) => {
      const words = text === "-" ? next(flag) : text;
      const colon = words.indexOf(":");
      const username = colon < 0 ? words : words.slice(0, colon);
      const password = colon < 0 ? next(flag) : words.slice(colon + 1);
      if (username !== "" && password !== "") return [flag, { username, password, source: flag }];
      throw new UsageError(`Cannot use ${flag}: expected USER:PASSWORD, got an empty one of them`);
    }));
  }

  async #readLines(): Promise<string[]> {
    const incomplete = this.#texts.values().some((text) => !text.includes(":"));
    if (!incomplete) return [];
    const { stdin, signal } = this.#context;
    if (stdin.locked) {
      throw new UsageError("Cannot read credentials: standard input is read for something else");
    }
    const limits = { maxBytes: MAX_STDIN_BYTES, what: "credentials", signal };
    const text = new TextDecoder().decode(await readAll(stdin, limits));
    return text === "" ? [] : text.replace(/\r?\n$/, "").split(/\r?\n/);
  }
}
