import { assert, assertEquals, assertMatch } from "@std/assert";
import { serveRegistry } from "../../lib/server/mod.ts";
import { digestBytes } from "../../lib/oci/digest.ts";
import { MEDIA_TYPE } from "../../lib/oci/media_type.ts";
import { tempDir } from "../support/temp_dir.ts";
import { listAll } from "./attack.ts";
import { imageContents, toBytes } from "./contents.ts";
import { writeLayout } from "./places.ts";

/** What a request's first line and headers say, byte by byte: no URL parser tidies it up. */
interface Raw {
  readonly method: string;
  readonly path: string;
  readonly headers?: readonly string[];
  readonly body?: string;
}

const ZEROS = `sha256:${"0".repeat(64)}`;
const MANIFEST = [`content-type: ${MEDIA_TYPE.ociManifest}`];

/** Sends a request as it stands, and gives what came back before the connection was closed. */
async function send(
  address: string,
  { method, path, headers = [], body = "" }: Raw,
): Promise<string> {
  const [hostname = "", port = ""] = address.split(":");
  using connection = await Deno.connect({ hostname, port: Number(port) });
  const fields = ["host: registry", "connection: close", `content-length: ${body.length}`];
  const head = [`${method} ${path} HTTP/1.1`, ...fields, ...headers].join("\r\n");
  await connection.write(toBytes(`${head}\r\n\r\n${body}`));
  return await new Response(readable(connection)).text();
}

function readable(connection: Deno.TcpConn): ReadableStream<Uint8Array> {
  return ReadableStream.from(async function* () {
    const buffer = new Uint8Array(65536);
    for (let size = await connection.read(buffer); size !== null;) {
      yield buffer.slice(0, size);
      size = await connection.read(buffer);
    }
  }());
}

const uploads = [
  "/v2/../../etc/passwd",
  "/v2/a/../../b/blobs/uploads/",
  "/v2/%2e%2e/blobs/uploads/",
  "/v2/%2e%2e%2fb/blobs/uploads/",
  "/v2/a%2f..%2f..%2fb/blobs/uploads/",
  "/v2//a/blobs/uploads/",
  "/v2/a//b/blobs/uploads/",
  "/v2/_uploads/blobs/uploads/",
  "/v2/A/blobs/uploads/",
  "/v2/a%00b/blobs/uploads/",
  "/v2/a\\..\\b/blobs/uploads/",
  "/v2/a+b/blobs/uploads/",
  "/v2/%zz/blobs/uploads/",
  `/v2/${"a/".repeat(140)}b/blobs/uploads/`,
  "/v2/a/blobs/uploads/?digest=sha256:../../x",
  `/v2/a/blobs/uploads/?digest=md5:${"0".repeat(32)}`,
  `/v2/a/blobs/uploads/?mount=${ZEROS}&from=../../etc`,
  "/v2/a/blobs/uploads/?mount=sha256:../../x&from=b",
].map((path): Raw => ({ method: "POST", path }));

const uploadIds = [
  "../../../../etc/passwd",
  "%2e%2e%2f%2e%2e%2fetc%2fpasswd",
  "00000000-0000-0000-0000-000000000000",
  "..",
].map((id): Raw => ({ method: "PATCH", path: `/v2/a/blobs/uploads/${id}`, body: "x" }));

const manifests = [
  ["..", "{}"],
  ["%2e%2e", "{}"],
  ["a%2fb", "{}"],
  ["t".repeat(129), "{}"],
  [".dot", "{}"],
  ["sha256:zz", "{}"],
  [ZEROS, "{}"],
  ["v1", ""],
  ["v1", "null"],
  ["v1", '{"schemaVersion":2}'],
  ["v1", '{"schemaVersion":1,"fsLayers":[]}'],
  ["v1", `{"x":${"[".repeat(1000)}${"]".repeat(1000)}}`],
].map(([reference, body = ""]): Raw => ({
  method: "PUT",
  path: `/v2/a/manifests/${reference}`,
  headers: MANIFEST,
  body,
}));

const others: readonly Raw[] = [
  { method: "GET", path: "/v2/a/blobs/sha256:../../../../etc/passwd" },
  { method: "GET", path: "/v2/a/manifests/..%2f..%2foci-layout" },
  { method: "DELETE", path: "/v2/a/manifests/.." },
  { method: "PUT", path: "/v2/a/blobs/uploads/" },
  { method: "GET", path: "/etc/passwd" },
];

Deno.test("60: hostile paths, names and documents are the client's fault, and leave no trace", async () => {
  await using dir = await tempDir();
  const failures: unknown[] = [];
  await using server = await serveRegistry({
    directory: dir.join("registry"),
    log: (entry) => entry.status >= 500 && failures.push(entry),
  });
  for (const raw of [...uploads, ...uploadIds, ...manifests, ...others]) {
    const answer = await send(server.address, raw);
    const [head = "", body = ""] = answer.split("\r\n\r\n");
    assertMatch(head, /^HTTP\/1\.1 4\d\d /, `${raw.method} ${raw.path} ${raw.body ?? ""}`);
    const { errors: [error] } = JSON.parse(body);
    assertMatch(error.code, /^[A-Z_]+$/);
    assert(!body.includes(dir.path), body);
  }
  assertEquals(failures, []);
  const left = await listAll(dir.path);
  assert(left.every((path) => /^registry(?:\/_uploads(?:\/a)?)?$/.test(path)), left.join());
});

Deno.test("60: bytes that are not the digest's are thrown away, however they come", async () => {
  await using dir = await tempDir();
  await using server = await serveRegistry({ directory: dir.join("registry") });
  const uploads = `${server.url}/v2/a/blobs/uploads/`;
  const statuses: number[] = [];
  async function request(method: string, url: string, body?: string): Promise<Response> {
    const answer = await fetch(url, { method, ...(body === undefined ? {} : { body }) });
    await answer.body?.cancel();
    statuses.push(answer.status);
    return answer;
  }
  await request("POST", `${uploads}?digest=${ZEROS}`, "at once");
  const location = async () => {
    const { headers } = await request("POST", uploads);
    return new URL(headers.get("location") ?? "", server.url).href;
  };
  await request("PUT", `${await location()}?digest=${ZEROS}`, "whole");
  const chunked = await location();
  await request("PATCH", chunked, "in ");
  await request("PUT", `${chunked}?digest=${ZEROS}`, "pieces");
  assertEquals(statuses, [400, 202, 400, 202, 202, 400]);
  const left = await listAll(dir.path);
  assert(left.every((path) => /^registry(?:\/_uploads(?:\/a)?)?$/.test(path)), left.join());
});

Deno.test("60: whoever dribbles a body is sent away, and a broken one leaves nothing", async () => {
  await using dir = await tempDir();
  await using server = await serveRegistry({ directory: dir.join("registry"), stallMs: 100 });
  const [hostname = "", port = ""] = server.address.split(":");
  using slow = await Deno.connect({ hostname, port: Number(port) });
  const head = `POST /v2/a/blobs/uploads/?digest=${ZEROS} HTTP/1.1\r\nhost: x\r\n`;
  await slow.write(toBytes(`${head}content-length: 1000\r\n\r\nx`));
  const buffer = new Uint8Array(1000);
  const size = await slow.read(buffer);
  assertMatch(new TextDecoder().decode(buffer.subarray(0, size ?? 0)), /^HTTP\/1\.1 408 /);
  const broken = await Deno.connect({ hostname, port: Number(port) });
  await broken.write(toBytes(`${head}transfer-encoding: chunked\r\n\r\nZZ\r\nabc\r\n`));
  broken.close();
  await (await fetch(`${server.url}/v2/`)).body?.cancel();
  const left = (await listAll(dir.path)).filter((path) => path.includes("a/"));
  assertEquals(left, []);
});

Deno.test("60: a flood of twelve thousand referrers and tags outlives a restart", async () => {
  await using dir = await tempDir();
  const contents = await imageContents();
  await writeLayout(dir.join("registry", "app"), contents);
  const { root } = contents;
  const flood = Array.from({ length: 12_000 }, (_, number) => ({
    ...root,
    digest: `sha256:${number.toString(16).padStart(64, "0")}`,
    annotations: { "org.opencontainers.image.ref.name": `t${number}` },
  }));
  const named = { ...root, annotations: { "org.opencontainers.image.ref.name": "v1" } };
  const index = JSON.stringify({ schemaVersion: 2, manifests: [named, ...flood] });
  await Deno.writeTextFile(dir.join("registry", "app", "index.json"), index);
  await using server = await serveRegistry({ directory: dir.join("registry") });
  const tags = await (await fetch(`${server.url}/v2/app/tags/list`)).json();
  assertEquals(tags.tags.length, 12_001);
  const manifest = await fetch(`${server.url}/v2/app/manifests/v1`);
  assertEquals(await digestBytes(await manifest.bytes()), root.digest);
});

Deno.test("60: an upload belongs to its repository, and two at once do not mix", async () => {
  await using server = await serveRegistry();
  const begin = await fetch(`${server.url}/v2/a/blobs/uploads/`, { method: "POST" });
  const location = new URL(begin.headers.get("location") ?? "", server.url);
  await begin.body?.cancel();
  await (await fetch(`${server.url}/v2/b/blobs/uploads/`, { method: "POST" })).body?.cancel();
  const elsewhere = new URL(location.href.replace("/v2/a/", "/v2/b/"));
  const stolen = await fetch(elsewhere, { method: "PATCH", body: "x" });
  assertEquals([stolen.status, (await stolen.json()).errors[0].code], [404, "BLOB_UPLOAD_UNKNOWN"]);
  const bodies = ["a".repeat(100_000), "b".repeat(100_000)];
  const answers = await Promise.all(
    bodies.map((body) => fetch(location, { method: "PATCH", body })),
  );
  for (const answer of answers) await answer.body?.cancel();
  const accepted = answers.filter(({ status }) => status === 202).length;
  assert(accepted > 0 && answers.every(({ status }) => [202, 409].includes(status)));
  const { headers } = await fetch(location);
  assertEquals(headers.get("range"), `0-${accepted * 100_000 - 1}`);
});

Deno.test("a Host that is none is not told where tokens are", async () => {
  await using server = await serveRegistry({ auth: { verify: () => false, tokens: {} } });
  for (const host of ['"><', "a b", 'x"y', "[", "registry:99999"]) {
    const [hostname = "", port = ""] = server.address.split(":");
    using connection = await Deno.connect({ hostname, port: Number(port) });
    const head = `GET /v2/ HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n\r\n`;
    await connection.write(toBytes(head));
    const answer = await new Response(readable(connection)).text();
    assertMatch(answer, /^HTTP\/1\.1 400 /, host);
    assertEquals(answer.includes("www-authenticate"), false, host);
  }
});
