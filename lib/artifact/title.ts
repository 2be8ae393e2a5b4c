/** Names that mean something else than a file in a directory, on one system or another. */
const UNSAFE = /^[a-zA-Z]:|[\\\p{Cc}]/u;

/** Says whether a title is the path of a file below a directory, on any system. */
export function isSafeTitle(title: string): boolean {
  return title !== "" && !UNSAFE.test(title) &&
    title.split("/").every((part) => part !== "" && part !== "." && part !== "..");
}

/**
 * Passes a title on that can be a path where it is pulled.
 *
 * @throws {SyntaxError} For any other.
 */
export function checkTitle(title: string): string {
  if (isSafeTitle(title)) return title;
  throw new SyntaxError(
    `Cannot name a file ${JSON.stringify(title.slice(0, 150))} in an artifact: expected a ` +
      'relative path without ".."; give it another title with TITLE=PATH',
  );
}
