import type { Exchange } from "./desk.ts";
import { Refusal } from "./refusal.ts";

/** Part of a list, and where the next part is. */
export interface Page {
  readonly items: readonly string[];
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Cuts the part out of a sorted list that a request asks for with `n` and `last`.
 *
 * @param path Of the list, for the link to the next part.
 * @throws {Refusal} When `n` is no number.
 */
export function cutPage({ query }: Exchange, path: string, sorted: readonly string[]): Page {
  const last = query.get("last");
  const rest = last === null ? sorted : sorted.filter((item) => item > last);
  const count = readCount(query.get("n"));
  const items = rest.slice(0, count);
  const end = items.at(-1);
  if (count === undefined || end === undefined || items.length === rest.length) {
    return { items, headers: {} };
  }
  const next = new URLSearchParams({ n: String(count), last: end });
  return { items, headers: { link: `<${path}?${next}>; rel="next"` } };
}

function readCount(text: string | null): number | undefined {
  if (text === null) return undefined;
  if (/^[0-9]{1,9}$/.test(text)) return Number(text);
  throw new Refusal(400, "PAGINATION_NUMBER_INVALID", "n must be a whole number, 0 or more", {
    detail: { n: text },
  });
}
