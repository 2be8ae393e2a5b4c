import { compare } from "bcryptjs";
import { readTextFile } from "./read_text_file.ts";

/** Says whether a user has a password. */
export type Verify = (user: string, password: string) => Promise<boolean>;

const BCRYPT = /^\$2[aby]\$(0[4-9]|[12]\d|3[01])\$[./A-Za-z0-9]{53}$/;
/** What nobody's password hashes to: an unknown user takes as long as a wrong password. */
const NOBODY = `$2y$05$${"x".repeat(22)}${"x".repeat(31)}`;

/**
 * Reads the users of a file that `htpasswd -B` writes, one `user:hash` a line.
 *
 * @throws {SyntaxError} For a line of another form, or a hash other than bcrypt's.
 */
export async function readHtpasswd(path: string): Promise<Verify> {
  const hashes = parseHtpasswd(await readTextFile(path), path);
  const [dummy = NOBODY] = hashes.values();
  return async (user, password) => {
    const hash = hashes.get(user);
    const isRight = await compare(password, hash ?? dummy);
    return isRight && hash !== undefined;
  };
}

function parseHtpasswd(text: string, path: string): ReadonlyMap<string, string> {
  const hashes = new Map<string, string>();
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === "" || line.startsWith("#")) continue;
    const colon = line.indexOf(":");
    const hash = line.slice(colon + 1).trim();
    if (colon < 1 || !BCRYPT.test(hash)) {
      throw new SyntaxError(
        `Cannot read "${path}": expected USER and a bcrypt hash in line ${index + 1}; ` +
          `write it with htpasswd -B`,
      );
    }
    hashes.set(line.slice(0, colon), hash);
  }
  return hashes;
}
