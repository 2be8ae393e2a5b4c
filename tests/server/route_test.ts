import { assertEquals, assertThrows } from "@std/assert";
import { Refusal } from "../../lib/server/refusal.ts";
import { parseRoute } from "../../lib/server/route.ts";

const DIGEST = "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";

const routes = [
  { path: "/v2", route: { kind: "base" } },
  { path: "/v2/", route: { kind: "base" } },
  { path: "/v2/_catalog", route: { kind: "catalog" } },
  { path: "/v2/a/tags/list", route: { kind: "tags", repository: "a" } },
  { path: "/v2/a/b-c/d__e/tags/list", route: { kind: "tags", repository: "a/b-c/d__e" } },
  {
    path: "/v2/a/manifests/v1",
    route: { kind: "manifest", repository: "a", reference: "v1" },
  },
  {
    path: "/v2/a/manifests/_uploads",
    route: { kind: "manifest", repository: "a", reference: "_uploads" },
  },
  {
    path: `/v2/a/manifests/${encodeURIComponent(DIGEST)}`,
    route: { kind: "manifest", repository: "a", reference: DIGEST },
  },
  { path: `/v2/a/blobs/${DIGEST}`, route: { kind: "blob", repository: "a", digest: DIGEST } },
  { path: "/v2/a/blobs/uploads", route: { kind: "uploads", repository: "a" } },
  { path: "/v2/a/blobs/uploads/", route: { kind: "uploads", repository: "a" } },
  { path: "/v2/a/blobs/uploads/x", route: { kind: "upload", repository: "a", id: "x" } },
  {
    path: "/v2/blobs/uploads/manifests/x",
    route: { kind: "manifest", repository: "blobs/uploads", reference: "x" },
  },
  {
    path: `/v2/a/referrers/${DIGEST}`,
    route: { kind: "referrers", repository: "a", digest: DIGEST },
  },
];

const refused = [
  { path: "/v2/../etc/manifests/passwd", status: 400 },
  { path: "/v2/a/../../b/manifests/x", status: 400 },
  { path: "/v2/%2e%2e/manifests/x", status: 400 },
  { path: "/v2/a%2f..%2fb/manifests/x", status: 400 },
  { path: "/v2/a//b/manifests/x", status: 400 },
  { path: "/v2//manifests/x", status: 400 },
  { path: "/v2/_uploads/manifests/x", status: 400 },
  { path: "/v2/A/manifests/x", status: 400 },
  { path: "/v2/a+b/manifests/x", status: 400 },
  { path: "/v2/-a/manifests/x", status: 400 },
  { path: "/v2/a\\b/manifests/x", status: 400 },
  { path: "/v2/a%00/manifests/x", status: 400 },
  { path: "/v2/a%ff/manifests/x", status: 400 },
  { path: `/v2/${"a".repeat(256)}/manifests/x`, status: 400 },
  { path: "/", status: 404 },
  { path: "/v1/", status: 404 },
  { path: "/v2/a/tags", status: 404 },
  { path: "/v2/a", status: 404 },
  { path: "v2/a/tags/list", status: 404 },
];

Deno.test.each(routes)("parseRoute() reads $path", ({ path, route }) => {
  assertEquals<unknown>(parseRoute(path), route);
});

Deno.test.each(refused)("parseRoute() refuses $path with $status", ({ path, status }) => {
  assertEquals(assertThrows(() => parseRoute(path), Refusal).status, status);
});

Deno.test({
  name: "parseRoute() takes no longer for a name that almost fits",
  permissions: "none",
  fn() {
    const start = performance.now();
    assertThrows(() => parseRoute(`/v2/${"a-".repeat(120)}/manifests/x`), Refusal);
    assertThrows(() => parseRoute(`/v2/${"a/".repeat(20_000)}!/manifests/x`), Refusal);
    assertEquals(performance.now() - start < 100, true);
  },
});
