/** The query values that say nothing secret; the rest may sign or authorize. */
const SAFE_VALUES = new Set(["scope", "service", "mount", "from", "digest", "n", "last"]);

/** A URL as messages show it: without user name, password and fragment, unknown query values hidden. */
export function describeUrl(url: URL): string {
  const shown = new URL(url);
  shown.username = "";
  shown.password = "";
  shown.hash = "";
  for (const name of new Set(shown.searchParams.keys())) {
    if (!SAFE_VALUES.has(name)) shown.searchParams.set(name, "REDACTED");
  }
  return decodeQuery(shown);
}

/** Text of others, with the URLs in it as messages show them. */
export function redactUrls(text: string): string {
  return text.replaceAll(/[a-z][a-z0-9+.-]*:\/\/[^\s"'<>()]+/gi, (found) => {
    const url = URL.parse(found);
    return url === null ? "a URL" : describeUrl(url);
  });
}

/** A digest reads better with its colon. */
function decodeQuery(url: URL): string {
  return url.href.replaceAll("%3A", ":").replaceAll("%2F", "/");
}
