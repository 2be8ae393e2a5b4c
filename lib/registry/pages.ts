import { DocumentError, LimitExceededError, PolicyError } from "../errors.ts";
import { type Answer, readJson } from "./answer.ts";
import { describeUrl } from "./redact.ts";
import type { Backoff } from "./retry.ts";

const MAX_PAGE_BYTES = 16 * 1024 * 1024;
const MAX_PAGES = 1000;

/** A list that a registry gives in pages. */
export interface PagedList<T> {
  /** Where the first page is, below the registry. */
  readonly first: string;
  /** What is listed, for messages. */
  readonly what: string;
  /** Asks for a page, once. */
  readonly open: (target: string | URL) => Promise<Answer>;
  /** Takes the items out of a page. */
  readonly read: (document: unknown, answer: Answer) => readonly T[];
  /** How a page that fails is asked for again. */
  readonly backoff: Backoff;
  readonly signal: AbortSignal | undefined;
}

/**
 * Reads a list page by page, as far as it is asked for. The next page must be on the same server.
 *
 * @throws {PolicyError} When a page names another server.
 * @throws {LimitExceededError} After 1,000 pages.
 */
export async function* readPages<T>(list: PagedList<T>): AsyncGenerator<T> {
  const { first, what, backoff, signal } = list;
  const seen = new Set<string>();
  let next: string | URL | undefined = first;
  while (next !== undefined) {
    if (seen.size === MAX_PAGES) throw new LimitExceededError(`pages of ${what}`, MAX_PAGES);
    const target: string | URL = next;
    const page: Page<T> = await backoff.run(() => readPage(list, target), { signal });
    seen.add(page.url.href);
    yield* page.items;
    next = page.next;
    if (next !== undefined && seen.has(next.href)) {
      throw new DocumentError(
        `Cannot list ${what}: expected another page, got "${describeUrl(next)}" again`,
      );
    }
  }
}

/** A list of names: the member of the document that holds them is what is listed. */
export function readNameList(
  list: Omit<PagedList<string>, "read">,
): AsyncGenerator<string> {
  return readPages({
    ...list,
    read: (document, answer) => readNames(document, answer, list.what),
  });
}

interface Page<T> {
  readonly url: URL;
  readonly items: readonly T[];
  readonly next: URL | undefined;
}

async function readPage<T>(
  { what, open, read }: PagedList<T>,
  target: string | URL,
): Promise<Page<T>> {
  const answer = await open(target);
  const document = await readJson(answer, { what, maxBytes: MAX_PAGE_BYTES });
  return { url: answer.url, items: read(document, answer), next: nextPage(answer) };
}

function readNames(document: unknown, answer: Answer, member: string): readonly string[] {
  const list = typeof document === "object" && document !== null
    ? (document as Record<string, unknown>)[member]
    : undefined;
  if (list === null) return [];
  if (Array.isArray(list) && list.every(isName)) return list;
  throw new DocumentError(
    `Cannot list ${member} of "${describeUrl(answer.url)}": expected an array of names`,
  );
}

/** Whatever else a registry calls a name, it may not steer the terminal it ends up on. */
function isName(value: unknown): value is string {
  return typeof value === "string" && /^[\x21-\x7e]+$/.test(value);
}

/** The URL of a `Link` header whose relation is `next`, or that names none. */
function nextPage({ headers, url }: Answer): URL | undefined {
  const links = [...(headers.get("link") ?? "").matchAll(/<([^<>]*)>([^<]*)/g)];
  const link = links.find(([, , parameters = ""]) => {
    const relation = /;\s*rel\s*=\s*"?([^";,]*)/i.exec(parameters)?.[1];
    return relation === undefined || relation.split(/\s+/).includes("next");
  });
  if (link === undefined) return undefined;
  const next = URL.parse(link[1] ?? "", url);
  if (next === null || link[1] === "") {
    throw new DocumentError(`Cannot read the "Link" of "${describeUrl(url)}": expected a URL`);
  }
  if (next.origin !== url.origin) {
    throw new PolicyError(
      `Cannot follow the next page "${describeUrl(next)}": expected it at "${url.origin}"`,
    );
  }
  return next;
}
