/** Writes data as one document, without the end of its last line. */
export async function formatDocument(data: unknown, format: "json" | "yaml"): Promise<string> {
  if (format === "json") return JSON.stringify(data, null, 2);
  const { stringify } = await import("yaml");
  return stringify(data).trimEnd();
}
