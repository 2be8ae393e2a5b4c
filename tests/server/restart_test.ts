import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { FileError, NotFoundError } from "../../lib/errors.ts";
import { createRegistry, diskRepositories } from "../../lib/server/mod.ts";
import { openLayout } from "../../lib/layout/mod.ts";
import { type Digest, digestBytes, parseDigest } from "../../lib/oci/digest.ts";
import { describeTree } from "../support/describe_tree.ts";
import { tempDir } from "../support/temp_dir.ts";
import { digestOf, Wire } from "./wire.ts";

async function open(directory: string): Promise<Wire> {
  return new Wire(createRegistry({ repositories: await diskRepositories(directory) }));
}

/** Every file below a directory, without what it is allowed to hold back for a resume. */
async function filesOf(directory: string): Promise<string[]> {
  const files: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(directory)) {
    if (isDirectory && name !== "_uploads") {
      files.push(...(await filesOf(`${directory}/${name}`)).map((file) => `${name}/${file}`));
    } else if (!isDirectory) files.push(name);
  }
  return files.sort();
}

Deno.test("what was pushed is there after a restart, under its tags", async () => {
  await using directory = await tempDir();
  const { digest } = await (await open(directory.path)).pushImage("a/b", "v1");
  const wire = await open(directory.path);
  const { status, headers } = await wire.send("GET", "/v2/a/b/manifests/v1");
  assertEquals([status, headers.get("docker-content-digest")], [200, digest]);
  assertEquals(JSON.parse((await wire.send("GET", "/v2/_catalog")).text).repositories, ["a/b"]);
});

Deno.test("an upload goes on after a restart, hashed anew", async () => {
  await using directory = await tempDir();
  const first = await open(directory.path);
  const location = await first.begin("app");
  await first.send("PATCH", location, { body: "0123" });
  const wire = await open(directory.path);
  assertEquals((await wire.send("GET", location)).headers.get("range"), "0-3");
  const headers = { "content-range": "4-9" };
  assertEquals((await wire.send("PATCH", location, { body: "456789", headers })).status, 202);
  const wrong = await wire.begin("app");
  assertEquals(wrong === location, false);
  const path = `${location}?digest=${await digestOf("0123456789")}`;
  assertEquals((await wire.send("PUT", path)).status, 201);
});

Deno.test("a directory that takes no files is refused at once, not at the first push", async () => {
  // what is in /proc may not even be added to by root
  const error = await assertRejects(() => diskRepositories("/proc"), FileError);
  assertStringIncludes(error.message, 'Cannot keep a registry in "/proc": ');
  assertStringIncludes(error.message, "--read-only");
  await assertRejects(() => diskRepositories("/proc/davit/registry"), FileError);
});

Deno.test("a directory that takes no files is served for reading", async () => {
  const repositories = await diskRepositories("/proc", { readOnly: true });
  assertEquals(await repositories.names(), []);
});

Deno.test("a directory for reading is left as it is, and not made", async () => {
  await using directory = await tempDir();
  const { digest } = await (await open(directory.path)).pushImage("app", "v1");
  const abandoned = directory.join("_uploads", "app", crypto.randomUUID());
  await Deno.writeTextFile(abandoned, "half");
  await Deno.utime(abandoned, 0, 0);
  const before = await describeTree(directory.path);
  const repositories = await diskRepositories(directory.path, { readOnly: true });
  const wire = new Wire(createRegistry({ repositories, readOnly: true }));
  const { headers } = await wire.send("HEAD", "/v2/app/manifests/v1");
  assertEquals(headers.get("docker-content-digest"), digest);
  assertEquals((await wire.send("POST", "/v2/app/blobs/uploads/")).status, 405);
  assertEquals(await describeTree(directory.path), before);
  const missing = diskRepositories(directory.join("nope"), { readOnly: true });
  await assertRejects(() => missing, NotFoundError);
});

Deno.test("a repository on disk is an OCI layout of its own", async () => {
  await using directory = await tempDir();
  const wire = await open(directory.path);
  const { digest } = await wire.pushImage("a/b", "v1");
  await using layout = await openLayout(directory.join("a+b"));
  assertEquals((await layout.resolve("v1")).digest, digest);
  const view = await layout.open("v1");
  assertEquals(view.kind === "image" && (await view.layers()).length, 1);
});

Deno.test("an image that another process puts into the layout is served", async () => {
  await using directory = await tempDir();
  const server = await open(directory.path);
  const writer = await open(directory.path);
  await server.pushImage("app", "v1");
  const { digest } = await writer.pushImage("app", "v2");
  const { status, headers } = await server.send("HEAD", "/v2/app/manifests/v2");
  assertEquals([status, headers.get("docker-content-digest")], [200, digest]);
  await server.pushImage("app", "v3");
  const { text } = await writer.send("GET", "/v2/app/tags/list");
  assertEquals(JSON.parse(text).tags, ["v1", "v2", "v3"]);
});

Deno.test("a manifest that only an index lists is served, as in other tools' layouts", async () => {
  await using directory = await tempDir();
  const wire = await open(directory.path);
  const image = await wire.pushImage("app", undefined);
  const index = { schemaVersion: 2, mediaType: INDEX, manifests: [image] };
  await wire.putManifest("app", "all", index, INDEX);
  const path = directory.join("app", "index.json");
  const listed: { manifests: { digest: string }[] } = JSON.parse(await Deno.readTextFile(path));
  listed.manifests = listed.manifests.filter(({ digest }) => digest !== image.digest);
  await Deno.writeTextFile(path, JSON.stringify(listed));
  const { status, headers } = await wire.send("GET", `/v2/app/manifests/${image.digest}`);
  assertEquals([status, headers.get("content-type")], [200, image.mediaType]);
});

Deno.test("uploads that nobody touched for a day are removed, younger ones stay", async () => {
  await using directory = await tempDir();
  const first = await open(directory.path);
  const [old, young] = [await first.begin("app"), await first.begin("app")];
  const id = old.slice(old.lastIndexOf("/") + 1);
  const yesterday = new Date(Date.now() - 25 * 60 * 60 * 1000);
  await Deno.utime(directory.join("_uploads", "app", id), yesterday, yesterday);
  const wire = await open(directory.path);
  assertEquals((await wire.send("GET", old)).status, 404);
  assertEquals((await wire.send("GET", young)).status, 204);
});

Deno.test("a manifest that was damaged on disk is not served", async () => {
  await using directory = await tempDir();
  const { digest } = await (await open(directory.path)).pushImage("app", "v1");
  const path = directory.join("app", "blobs", "sha256", digest.slice(7));
  await Deno.writeTextFile(path, (await Deno.readTextFile(path)).replace("layers", "Layers"));
  assertEquals(
    (await (await open(directory.path)).send("GET", "/v2/app/manifests/v1")).status,
    500,
  );
});

Deno.test("a blob that is a link is not followed", async () => {
  await using directory = await tempDir();
  await Deno.writeTextFile(directory.join("secret"), "secret");
  const wire = await open(directory.path);
  await wire.pushBlob("app", "other");
  const digest = await digestOf("secret");
  const path = directory.join("app", "blobs", "sha256", digest.slice(7));
  await Deno.symlink(directory.join("secret"), path);
  assertEquals((await wire.send("GET", `/v2/app/blobs/${digest}`)).status, 404);
  const mount = await wire.send("POST", `/v2/b/blobs/uploads/?mount=${digest}&from=app`);
  assertEquals(mount.status, 202);
});

Deno.test("other files in the directory are no repositories", async () => {
  await using directory = await tempDir();
  await Deno.writeTextFile(directory.join("notes"), "");
  await Deno.mkdir(directory.join("folder"));
  await Deno.mkdir(directory.join("lost+found"));
  const wire = await open(directory.path);
  await wire.pushBlob("app", "x");
  assertEquals(JSON.parse((await wire.send("GET", "/v2/_catalog")).text).repositories, ["app"]);
  assertEquals((await wire.send("GET", "/v2/folder/tags/list")).status, 404);
});

Deno.test("a repository that somebody removes is gone, and can be pushed again", async () => {
  await using directory = await tempDir();
  const wire = await open(directory.path);
  await wire.pushImage("app", "v1");
  await Deno.remove(directory.join("app"), { recursive: true });
  assertEquals((await wire.send("GET", "/v2/app/manifests/v1")).status, 404);
  await wire.pushImage("app", "v2");
  assertEquals(JSON.parse((await wire.send("GET", "/v2/app/tags/list")).text).tags, ["v2"]);
});

Deno.test("what a process that died has left half-written is removed at the start", async () => {
  await using directory = await tempDir();
  await (await open(directory.path)).pushImage("app", "v1");
  const partial = directory.join("app", `.partial-${crypto.randomUUID()}`);
  await Deno.writeTextFile(partial, "half");
  const longAgo = new Date(Date.now() - 3_600_000);
  await Deno.utime(partial, longAgo, longAgo);
  await Deno.writeTextFile(directory.join("app", "index.json.tmp"), '{"schema');
  const wire = await open(directory.path);
  assertEquals((await filesOf(directory.path)).some((file) => file.includes("partial")), false);
  await wire.pushImage("app", "v2");
  assertEquals(JSON.parse((await wire.send("GET", "/v2/app/tags/list")).text).tags, ["v1", "v2"]);
});

Deno.test("a registry cannot be kept in a file", async () => {
  await using directory = await tempDir();
  await Deno.writeTextFile(directory.join("file"), "");
  await assertRejects(() => diskRepositories(directory.join("file")), FileError);
});

const INDEX = "application/vnd.oci.image.index.v1+json";

/** How often the registry is killed; more by hand. */
const KILLS = Number(Deno.env.get("DAVIT_TEST_KILLS") ?? 8);

Deno.test("a registry killed at any moment keeps what it acknowledged, and serves nothing wrong", async () => {
  await using directory = await tempDir();
  const acknowledged = new Map<string, Digest>();
  for (let round = 0; round < KILLS; round++) {
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-config", SERVE, directory.path],
      stdout: "piped",
    }).spawn();
    const reader = child.stdout.getReader();
    const url = new TextDecoder().decode((await reader.read()).value).trim();
    const wire = new Wire({ fetch: (request) => fetch(rebase(request, url)) });
    const pushing = Array.from({ length: 4 }, async (_, client) => {
      for (let n = 0;; n++) {
        const tag = `r${round}-c${client}-${n}`;
        acknowledged.set(tag, await pushLarge(wire, tag));
      }
    });
    const enough = acknowledged.size + 2;
    while (acknowledged.size < enough) await new Promise((resolve) => setTimeout(resolve, 1));
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 60));
    child.kill("SIGKILL");
    await Promise.allSettled(pushing);
    await child.status;
    await reader.cancel();
  }

  const wire = await open(directory.path);
  const { text } = await wire.send("GET", "/v2/app/tags/list");
  const { tags }: { tags: string[] } = JSON.parse(text);
  assertEquals([...acknowledged.keys()].filter((tag) => !tags.includes(tag)), []);
  for (const tag of tags) await assertWhole(wire, tag, acknowledged.get(tag));
  const files = await filesOf(directory.join("app"));
  const expected = /^(?:\.partial-[0-9a-f-]{36}|index\.json(?:\.tmp)?|oci-layout|blobs\/.+)$/;
  assertEquals(files.filter((file) => !expected.test(file)), []);
  for (const file of files.filter((file) => file.startsWith("blobs/"))) {
    const bytes = await Deno.readFile(directory.join("app", file));
    assertEquals(`blobs/${(await digestBytes(bytes)).replace(":", "/")}`, file);
  }
});

/** Pushes an image with a layer of its own, in chunks. */
async function pushLarge(wire: Wire, tag: string): Promise<Digest> {
  const content = tag.repeat(50_000);
  const location = await wire.begin("app");
  for (const half of [content.slice(0, 100_000), content.slice(100_000)]) {
    assertEquals((await wire.send("PATCH", location, { body: half })).status, 202);
  }
  const digest = await digestOf(content);
  assertEquals((await wire.send("PUT", `${location}?digest=${digest}`)).status, 201);
  const layer = { mediaType: "application/octet-stream", digest, size: content.length };
  const { status, headers } = await wire.putManifest(
    "app",
    tag,
    await wire.imageOf("app", [layer]),
  );
  assertEquals(status, 201);
  return parseDigest(headers.get("docker-content-digest") ?? "");
}

const SERVE = new URL("serve_process.ts", import.meta.url).pathname;

function rebase(request: Request, url: string): Request {
  return new Request(request.url.replace("http://registry.test", url), request);
}

async function assertWhole(wire: Wire, tag: string, expected: Digest | undefined): Promise<void> {
  const answer = await wire.send("GET", `/v2/app/manifests/${tag}`);
  assertEquals(answer.status, 200, tag);
  const digest = await digestOf(answer.text);
  assertEquals(digest, expected ?? digest);
  const manifest: { layers: { digest: Digest }[]; config: { digest: Digest } } = JSON.parse(
    answer.text,
  );
  for (const blob of [manifest.config, ...manifest.layers]) {
    const { status, text } = await wire.send("GET", `/v2/app/blobs/${blob.digest}`);
    assertEquals([status, await digestOf(text)], [200, blob.digest], tag);
  }
}
