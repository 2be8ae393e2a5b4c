import { DocumentError, LimitExceededError, PolicyError } from "../errors.ts";
import { type Answer, readJson } from "./answer.ts";
import { describeUrl } from "./redact.ts";

const MAX_PAGE_BYTES = 16 * 1024 * 1024;
const MAX_PAGES = 1000;

/** A list that a registry gives in pages. */
export interface PagedList {
  /** Where the first page is, below the registry. */
  readonly first: string;
  /** The member of the document that is the list: `tags`, `repositories`. */
  readonly member: string;
  /** Asks for a page. */
  readonly open: (target: string | URL) => Promise<Answer>;
}

/**
 * Reads a list page by page, as far as it is asked for. The next page must be on the same server.
 *
 * @throws {PolicyError} When a page names another server.
 * @throws {LimitExceededError} After 1,000 pages.
 */
export async function* readPages({ first, member, open }: PagedList): AsyncGenerator<string> {
  const seen = new Set<string>();
  let next: string | URL | undefined = first;
  while (next !== undefined) {
    if (seen.size === MAX_PAGES) throw new LimitExceededError(`pages of ${member}`, MAX_PAGES);
    const answer: Answer = await open(next);
    seen.add(answer.url.href);
    const document = await readJson(answer, { what: member, maxBytes: MAX_PAGE_BYTES });
    yield* readNames(answer, document, member);
    next = nextPage(answer);
    if (next !== undefined && seen.has(next.href)) {
      throw new DocumentError(
        `Cannot list ${member}: expected another page, got "${describeUrl(next)}" again`,
      );
    }
  }
}

function readNames(answer: Answer, document: unknown, member: string): readonly string[] {
  const list = typeof document === "object" && document !== null
    ? (document as Record<string, unknown>)[member]
    : undefined;
  if (list === null) return [];
  if (Array.isArray(list) && list.every((name) => typeof name === "string")) return list;
  throw new DocumentError(
    `Cannot list ${member} of "${describeUrl(answer.url)}": expected an array of names`,
  );
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
