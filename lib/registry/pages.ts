import { DocumentError, LimitExceededError, PolicyError } from "../errors.ts";
import { type Answer, readJson } from "./answer.ts";
import { describeUrl } from "./redact.ts";
import type { Backoff } from "./retry.ts";

const MAX_PAGE_BYTES = 16 * 1024 * 1024;
const MAX_PAGES = 1000;

/** A list that a registry gives in pages. */
export interface PagedList {
  /** Where the first page is, below the registry. */
  readonly first: string;
  /** The member of the document that is the list: `tags`, `repositories`. */
  readonly member: string;
  /** Asks for a page, once. */
  readonly open: (target: string | URL) => Promise<Answer>;
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
export async function* readPages(list: PagedList): AsyncGenerator<string> {
  const { first, member, backoff, signal } = list;
  const seen = new Set<string>();
  let next: string | URL | undefined = first;
  while (next !== undefined) {
    if (seen.size === MAX_PAGES) throw new LimitExceededError(`pages of ${member}`, MAX_PAGES);
    const target: string | URL = next;
    const page: Page = await backoff.run(() => readPage(list, target), { signal });
    seen.add(page.url.href);
    yield* page.names;
    next = page.next;
    if (next !== undefined && seen.has(next.href)) {
      throw new DocumentError(
        `Cannot list ${member}: expected another page, got "${describeUrl(next)}" again`,
      );
    }
  }
}

interface Page {
  readonly url: URL;
  readonly names: readonly string[];
  readonly next: URL | undefined;
}

async function readPage({ member, open }: PagedList, target: string | URL): Promise<Page> {
  const answer = await open(target);
  const document = await readJson(answer, { what: member, maxBytes: MAX_PAGE_BYTES });
  return { url: answer.url, names: readNames(answer, document, member), next: nextPage(answer) };
}

function readNames(answer: Answer, document: unknown, member: string): readonly string[] {
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
