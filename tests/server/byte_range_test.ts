import { assertEquals } from "@std/assert";
import { parseContentRange, parseRange } from "../../lib/server/byte_range.ts";

Deno.test.each([
  { header: null, range: undefined },
  { header: "bytes=0-0", range: { start: 0, end: 1 } },
  { header: "bytes=2-5", range: { start: 2, end: 6 } },
  { header: "Bytes=2-5", range: { start: 2, end: 6 } },
  { header: "bytes=2-", range: { start: 2, end: 10 } },
  { header: "bytes=-3", range: { start: 7, end: 10 } },
  { header: "bytes=-30", range: { start: 0, end: 10 } },
  { header: "bytes=9-99999999999999999999", range: { start: 9, end: 10 } },
  { header: "bytes=10-", range: "unsatisfiable" },
  { header: "bytes=10-12", range: "unsatisfiable" },
  { header: "bytes=5-2", range: "unsatisfiable" },
  { header: "bytes=-0", range: "unsatisfiable" },
  { header: "bytes=-", range: undefined },
  { header: "bytes=0-1,3-4", range: undefined },
  { header: "items=0-1", range: undefined },
  { header: "bytes=a-b", range: undefined },
])("parseRange() reads $header of ten bytes", ({ header, range }) => {
  assertEquals<unknown>(parseRange(header, 10), range);
});

Deno.test.each([
  { header: null, range: undefined },
  { header: "0-9", range: { start: 0, end: 10 } },
  { header: " 10-19 ", range: { start: 10, end: 20 } },
  { header: "bytes 10-19/*", range: { start: 10, end: 20 } },
  { header: "bytes=10-19/100", range: { start: 10, end: 20 } },
  { header: "9-0", range: "invalid" },
  { header: "-9", range: "invalid" },
  { header: "0-", range: "invalid" },
  { header: "0-99999999999999999999", range: "invalid" },
  { header: "", range: "invalid" },
])("parseContentRange() reads $header", ({ header, range }) => {
  assertEquals<unknown>(parseContentRange(header), range);
});
