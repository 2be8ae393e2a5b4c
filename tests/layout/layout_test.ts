import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import {
  DavitError,
  DigestMismatchError,
  DocumentError,
  FileError,
  NotFoundError,
  SizeMismatchError,
  UnsupportedError,
} from "../../lib/errors.ts";
import { createLayout, openLayout } from "../../lib/layout/mod.ts";
import type { Layout } from "../../lib/layout/mod.ts";
import { ANNOTATION } from "../../lib/oci/annotations.ts";
import type { Descriptor } from "../../lib/oci/descriptor.ts";
import { MEDIA_TYPE } from "../../lib/oci/media_type.ts";
import { bytesContent, type Content, describeBytes } from "../../lib/store/content.ts";
import { readAll } from "../../lib/stream/read_all.ts";
import { type TempDir, tempDir } from "../support/temp_dir.ts";

const encoder = new TextEncoder();

async function contentOf(text: string, mediaType = "text/plain"): Promise<Content> {
  const bytes = encoder.encode(text);
  return bytesContent(bytes, await describeBytes(bytes, mediaType));
}

async function writeText(layout: Layout, text: string, ...names: string[]): Promise<Descriptor> {
  return await layout.write(await contentOf(text), { names });
}

async function read(layout: Layout, descriptor: Descriptor, offset = 0): Promise<string> {
  const stream = await layout.fetch(descriptor, { offset });
  return new TextDecoder().decode(await readAll(stream, { maxBytes: 1e6, what: "blob" }));
}

async function filesIn(directory: TempDir, path = ""): Promise<string[]> {
  const files: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(`${directory.path}/${path}`)) {
    if (isDirectory) files.push(...await filesIn(directory, `${path}${name}/`));
    else files.push(path + name);
  }
  return files.sort();
}

Deno.test("commit() leaves what is written meanwhile to the next one", async () => {
  await using dir = await tempDir();
  await using layout = await createLayout(dir.join("layout"));
  const content = await contentOf("content");
  let meanwhile: Promise<unknown> | undefined;
  const names = new Proxy(["first"], {
    get(target, key) {
      meanwhile ??= layout.write(content, { names: ["second"] });
      return Reflect.get(target, key);
    },
  });
  await layout.write(content, { names });
  await layout.commit();
  await meanwhile;
  await layout.commit();
  assertEquals(await Array.fromAsync(layout.names()), ["first", "second"]);
});

Deno.test("what is written and committed is there for whoever opens the layout", async () => {
  await using directory = await tempDir();
  await using written = await createLayout(directory.path);
  const descriptor = await writeText(written, "hello", "v1", "latest");
  await written.commit();
  await using layout = await openLayout(directory.path);
  assertEquals(layout.label, `oci:${directory.path}`);
  assertEquals(await Array.fromAsync(layout.names()), ["v1", "latest"]);
  assertEquals((await layout.resolve("latest")).digest, descriptor.digest);
  assertEquals(await read(layout, descriptor), "hello");
  assertEquals(await read(layout, descriptor, 2), "llo");
  assertEquals(await layout.has(descriptor), true);
  assertEquals(await filesIn(directory), [
    `blobs/sha256/${descriptor.digest.slice(7)}`,
    "index.json",
    "oci-layout",
  ]);
});

Deno.test("nothing is named before commit(), and nothing at all without it", async () => {
  await using directory = await tempDir();
  {
    await using layout = await createLayout(directory.path);
    await writeText(layout, "hello", "v1");
    await assertRejects(() => layout.resolve("v1"), NotFoundError);
  }
  await using layout = await openLayout(directory.path);
  await layout.commit();
  assertEquals(await Array.fromAsync(layout.names()), []);
});

Deno.test("createLayout() creates nothing before the first write", async () => {
  await using directory = await tempDir();
  await using layout = await createLayout(directory.join("a", "b"));
  assertEquals(await Array.fromAsync(layout.names()), []);
  await layout.commit();
  assertEquals(await Array.fromAsync(Deno.readDir(directory.path)), []);
  await writeText(layout, "hello", "v1");
  await layout.commit();
  assertEquals((await openLayout(directory.join("a", "b"))).path, directory.join("a", "b"));
});

Deno.test("what is in the way of a layout is named", async () => {
  await using directory = await tempDir();
  await Deno.writeTextFile(directory.join("blobs"), "a file");
  await using layout = await createLayout(directory.path);
  const error = await assertRejects(() => writeText(layout, "hello", "v1"), FileError);
  assertStringIncludes(error.message, `"${directory.path}/blobs`);
});

Deno.test("createLayout() extends a layout", async () => {
  await using directory = await tempDir();
  for (const name of ["v1", "v2"]) {
    await using layout = await createLayout(directory.path);
    await writeText(layout, `content of ${name}`, name);
    await layout.commit();
  }
  await using layout = await openLayout(directory.path);
  assertEquals(await Array.fromAsync(layout.names()), ["v1", "v2"]);
});

Deno.test("what is no layout is refused, with what is wrong", async (t) => {
  await using directory = await tempDir();
  await t.step("a directory that is missing or empty", async () => {
    await assertRejects(() => openLayout(directory.path), NotFoundError);
    await assertRejects(() => openLayout(directory.join("missing")), NotFoundError);
  });
  await t.step("a file", async () => {
    await Deno.writeTextFile(directory.join("file"), "");
    for (const open of [openLayout, createLayout]) {
      const error = await assertRejects(() => open(directory.join("file")), FileError);
      assertStringIncludes(error.message, "expected a directory, got a file");
    }
  });
  await t.step("a layout of another version", async () => {
    await Deno.writeTextFile(directory.join("oci-layout"), '{"imageLayoutVersion":"2.0.0"}');
    for (const open of [openLayout, createLayout]) {
      const error = await assertRejects(() => open(directory.path), UnsupportedError);
      assertStringIncludes(error.message, 'expected imageLayoutVersion "1.0.0", got "2.0.0"');
    }
  });
  await t.step("an oci-layout that is something else", async () => {
    for (const text of ["", "[]", "{}", '{"imageLayoutVersion":1}']) {
      await Deno.writeTextFile(directory.join("oci-layout"), text);
      await assertRejects(() => openLayout(directory.path), DocumentError);
    }
  });
  await t.step("a layout without index.json", async () => {
    await Deno.writeTextFile(directory.join("oci-layout"), '{"imageLayoutVersion":"1.0.0"}');
    const layout = await openLayout(directory.path);
    await assertRejects(() => layout.resolve("v1"), FileError);
  });
});

Deno.test("the index.json of something else is not touched", async () => {
  await using directory = await tempDir();
  await Deno.writeTextFile(directory.join("index.json"), '{"pages": []}');
  await using layout = await createLayout(directory.path);
  const error = await assertRejects(() => writeText(layout, "hello", "v1"), FileError);
  assertStringIncludes(error.message, "its index.json belongs to something else");
  assertEquals(await Deno.readTextFile(directory.join("index.json")), '{"pages": []}');
});

Deno.test("a blob that a crash cut short is written again", async () => {
  await using directory = await tempDir();
  await using layout = await createLayout(directory.path);
  const descriptor = await writeText(layout, "hello");
  const path = directory.join("blobs", "sha256", descriptor.digest.slice(7));
  await Deno.writeTextFile(path, "he");
  assertEquals(await layout.has(descriptor), false);
  await assertRejects(() => read(layout, descriptor), SizeMismatchError);
  await writeText(layout, "hello");
  assertEquals(await read(layout, descriptor), "hello");
});

Deno.test("a blob of the right size is kept: its source is not even opened", async () => {
  await using directory = await tempDir();
  await using layout = await createLayout(directory.path);
  const descriptor = await writeText(layout, "hello");
  const unopened = { ...await contentOf("hello"), open: () => Promise.reject(new Error("opened")) };
  assertEquals(await layout.write(unopened), descriptor);
});

Deno.test("a damaged blob fails when it is read", async () => {
  await using directory = await tempDir();
  await using layout = await createLayout(directory.path);
  const descriptor = await writeText(layout, "hello");
  await Deno.writeTextFile(directory.join("blobs", "sha256", descriptor.digest.slice(7)), "jello");
  await assertRejects(() => read(layout, descriptor), DigestMismatchError);
});

Deno.test("a blob that is a symbolic link is refused", async () => {
  await using directory = await tempDir();
  await using layout = await createLayout(directory.join("layout"));
  await writeText(layout, "other");
  const { descriptor } = await contentOf("secret");
  if (descriptor === undefined) throw new Error("no descriptor");
  await Deno.writeTextFile(directory.join("secret"), "secret");
  const link = directory.join("layout", "blobs", "sha256", descriptor.digest.slice(7));
  await Deno.symlink(directory.join("secret"), link);
  const error = await assertRejects(() => layout.fetch(descriptor), FileError);
  assertStringIncludes(error.message, "expected a regular file, got a symbolic link");
});

const bad = [
  { why: "another digest", text: "jello", code: "ERR_DIGEST_MISMATCH" },
  { why: "too few bytes", text: "hell", code: "ERR_SIZE_MISMATCH" },
  { why: "too many bytes", text: "hello!", code: "ERR_SIZE_MISMATCH" },
];

Deno.test.each(bad)("content with $why is refused and leaves nothing", async ({ text, code }) => {
  await using directory = await tempDir();
  await using layout = await createLayout(directory.path);
  const lying = {
    ...await contentOf("hello"),
    open: () => Promise.resolve(ReadableStream.from([encoder.encode(text)])),
  };
  const error = await assertRejects(() => layout.write(lying, { names: ["v1"] }), DavitError);
  assertEquals(error.code, code);
  await layout.commit();
  assertEquals(await filesIn(directory), ["index.json", "oci-layout"]);
});

Deno.test("a source that fails is what the caller sees, and leaves nothing", async () => {
  await using directory = await tempDir();
  await using layout = await createLayout(directory.path);
  const failing = {
    ...await contentOf("hello"),
    open: () =>
      Promise.resolve(ReadableStream.from((async function* () {
        yield encoder.encode("he");
        await Promise.resolve();
        throw new Error("the cable broke");
      })())),
  };
  await assertRejects(() => layout.write(failing), Error, "the cable broke");
  assertEquals(await filesIn(directory), ["index.json", "oci-layout"]);
});

Deno.test("a signal ends a write that waits, cancels its source and leaves nothing", async () => {
  await using directory = await tempDir();
  await using layout = await createLayout(directory.path);
  const abort = new AbortController();
  let cancelled: unknown;
  const stalled = {
    ...await contentOf("hello"),
    open: () =>
      Promise.resolve(
        new ReadableStream<Uint8Array>({
          start: (controller) => controller.enqueue(encoder.encode("he")),
          pull: () => abort.abort(new Error("enough")),
          cancel: (reason) => void (cancelled = reason),
        }),
      ),
  };
  const writing = layout.write(stalled, { signal: abort.signal });
  await assertRejects(() => writing, Error, "enough");
  assertEquals(cancelled, abort.signal.reason);
  assertEquals(await filesIn(directory), ["index.json", "oci-layout"]);
});

Deno.test("single-pass content is stored under the digest it turns out to have", async () => {
  await using directory = await tempDir();
  await using layout = await createLayout(directory.path);
  const { descriptor } = await contentOf("streamed");
  if (descriptor === undefined) throw new Error("no descriptor");
  const content: Content = {
    mediaType: "text/plain",
    descriptor: undefined,
    open: () => Promise.resolve(ReadableStream.from([encoder.encode("streamed")])),
    sealed: () => Promise.resolve(descriptor),
  };
  assertEquals(await layout.write(content, { names: ["v1"] }), descriptor);
  await layout.commit();
  assertEquals(await read(layout, descriptor), "streamed");
});

Deno.test("single-pass content that says another digest than its bytes have is refused", async () => {
  await using directory = await tempDir();
  await using layout = await createLayout(directory.path);
  const other = await contentOf("other as");
  const content: Content = {
    ...other,
    descriptor: undefined,
    open: () => Promise.resolve(ReadableStream.from([encoder.encode("streamed")])),
  };
  await assertRejects(() => layout.write(content), DigestMismatchError);
  assertEquals(await filesIn(directory), ["index.json", "oci-layout"]);
});

Deno.test("a name that moves takes its old root along; unknown fields stay", async () => {
  await using directory = await tempDir();
  await using layout = await createLayout(directory.path);
  await writeText(layout, "one", "v1");
  await layout.commit();
  const path = directory.join("index.json");
  const text = await Deno.readTextFile(path);
  await Deno.writeTextFile(path, text.replace("{", '{"x-unknown":1.0,'));
  const { digest } = await writeText(layout, "two", "v1");
  await layout.commit();
  const index = await Deno.readTextFile(path);
  assertStringIncludes(index, '{"x-unknown":1.0,');
  assertEquals(JSON.parse(index).manifests.length, 1);
  assertEquals(JSON.parse(index).manifests[0].digest, digest);
});

Deno.test("delete() takes a name, or a digest with all its names", async () => {
  await using directory = await tempDir();
  await using layout = await createLayout(directory.path);
  await assertRejects(() => layout.delete("v1"), NotFoundError);
  const { digest } = await writeText(layout, "one", "v1", "v2", "v3");
  await layout.commit();
  await layout.delete("v2");
  assertEquals(await Array.fromAsync(layout.names()), ["v1", "v3"]);
  await assertRejects(() => layout.delete("v2"), NotFoundError);
  await layout.delete(digest);
  assertEquals(await Array.fromAsync(layout.names()), []);
});

Deno.test("without a name the only root is opened; else the names are listed", async () => {
  await using directory = await tempDir();
  await using layout = await createLayout(directory.path);
  await assertRejects(() => layout.open(), DocumentError, "expected exactly one image, got none");
  const { digest } = await writeText(layout, "one");
  await layout.commit();
  assertEquals((await (await layout.open()).descriptor()).digest, digest);
  await writeText(layout, "two", "v2");
  await layout.commit();
  await assertRejects(() => layout.open(), DocumentError, `got 2; give one of: ${digest}, v2`);
});

Deno.test("what an index lists is found by digest", async () => {
  await using directory = await tempDir();
  await using layout = await createLayout(directory.path);
  const child = await layout.write(await contentOf("{}", MEDIA_TYPE.ociManifest));
  const inner = await layout.write(await indexOf([child]));
  const missing = { ...inner, digest: child.digest.replace(/.$/, "x") };
  await layout.write(await indexOf([inner, inner]), { names: ["all"] });
  await layout.commit();
  assertEquals((await layout.resolve(child.digest)).mediaType, MEDIA_TYPE.ociManifest);
  await assertRejects(() => layout.resolve(missing.digest), NotFoundError);
});

function indexOf(manifests: readonly Descriptor[]): Promise<Content> {
  const index = { schemaVersion: 2, mediaType: MEDIA_TYPE.ociIndex, manifests };
  return contentOf(JSON.stringify(index), MEDIA_TYPE.ociIndex);
}

Deno.test("an image is found by the full name that containerd wrote", async () => {
  await using directory = await tempDir();
  await using layout = await createLayout(directory.path);
  const { digest } = await writeText(layout, "one", "v1");
  await layout.commit();
  const path = directory.join("index.json");
  const index = JSON.parse(await Deno.readTextFile(path));
  const full = "docker.io/library/app:v1";
  index.manifests[0].annotations = { [ANNOTATION.containerdImageName]: full };
  await Deno.writeTextFile(path, JSON.stringify(index));
  assertEquals((await layout.resolve(full)).digest, digest);
});

Deno.test("what a dead process left half-written is removed, what is being written is not", async () => {
  await using directory = await tempDir();
  await Deno.writeTextFile(directory.join(".partial-old"), "half");
  const longAgo = new Date(Date.now() - 3_600_000);
  await Deno.utime(directory.join(".partial-old"), longAgo, longAgo);
  await Deno.writeTextFile(directory.join(".partial-new"), "half");
  await Deno.writeTextFile(directory.join(".partial-locked"), "half");
  using locked = await Deno.open(directory.join(".partial-locked"), { read: true, write: true });
  await locked.lock(true);
  await locked.utime(longAgo, longAgo);
  await using layout = await createLayout(directory.path);
  await writeText(layout, "hello");
  const partials = (await filesIn(directory)).filter((file) => file.startsWith(".partial-"));
  assertEquals(partials, [".partial-locked", ".partial-new"]);
});

Deno.test("a missing blob is NotFoundError", async () => {
  await using directory = await tempDir();
  await using layout = await createLayout(directory.path);
  const { descriptor } = await contentOf("missing");
  if (descriptor === undefined) throw new Error("no descriptor");
  assertEquals(await layout.has(descriptor), false);
  await assertRejects(() => layout.fetch(descriptor), NotFoundError);
});
