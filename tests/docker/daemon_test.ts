import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { createDockerArchive, openDockerArchive } from "../../lib/archive/mod.ts";
import { DockerDaemon } from "../../lib/docker/mod.ts";
import { DockerError, DocumentError, NotFoundError } from "../../lib/errors.ts";
import { appendLayers } from "../../lib/image/append.ts";
import { emptyImage } from "../../lib/image/empty.ts";
import type { Image } from "../../lib/image/image.ts";
import { StreamLayer } from "../../lib/layer/stream_layer.ts";
import { MEDIA_TYPE } from "../../lib/oci/media_type.ts";
import { copy } from "../../lib/store/copy.ts";
import { makeImage } from "../support/images.ts";
import { tempDir } from "../support/temp_dir.ts";
import { fakeDocker } from "./fake_docker.ts";

function motdImage(): Image {
  return makeImage([[{ path: "motd", content: "hello\n" }]]);
}

Deno.test("images go into docker load as an archive with plain layers", async () => {
  await using dir = await tempDir();
  const loaded = dir.join("loaded.tar");
  const executable = await fakeDocker(
    dir,
    `[ "$*" = load ] && cat > ${loaded} && echo "Loaded image: example/app:v1" && ` +
      `echo "Loaded image ID: sha256:1234"`,
  );
  const image = motdImage();
  {
    await using daemon = new DockerDaemon({ executable });
    await copy(image, daemon, { names: ["example/app:v1"] });
    await daemon.commit();
    assertEquals(daemon.loaded, ["example/app:v1", "sha256:1234"]);
  }
  await using archive = await openDockerArchive(loaded);
  const saved = await archive.open("example/app:v1") as Image;
  assertEquals(await saved.config(), await image.config());
  assertEquals((await saved.layers()).map((layer) => layer.mediaType), [MEDIA_TYPE.ociLayer]);
});

Deno.test("what docker load says is the error, not the pipe that it broke", async () => {
  await using dir = await tempDir();
  const executable = await fakeDocker(dir, "echo 'no space left on device' >&2; exit 1");
  const zeros = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(new Uint8Array(1024 * 1024)),
  });
  const image = appendLayers(emptyImage(), [new StreamLayer(limited(zeros, 64))]);
  await using daemon = new DockerDaemon({ executable });
  const error = await assertRejects(async () => {
    await copy(image, daemon, { names: ["example/app:v1"] });
    await daemon.commit();
  }, DockerError);
  assertStringIncludes(error.message, 'docker said "no space left on device"; make room');
});

Deno.test("a source that fails is the error, and docker is killed", async () => {
  await using dir = await tempDir();
  const executable = await fakeDocker(dir, "exec sleep 600");
  const failure = new Error("the source is gone");
  const source = new ReadableStream<Uint8Array>({ pull: (c) => c.error(failure) });
  const image = appendLayers(emptyImage(), [new StreamLayer(source)]);
  await using daemon = new DockerDaemon({ executable });
  assertEquals(await assertRejects(() => copy(image, daemon)), failure);
});

Deno.test("a signal ends the wait for docker load", async () => {
  await using dir = await tempDir();
  const executable = await fakeDocker(dir, "cat > /dev/null; exec sleep 600");
  await using daemon = new DockerDaemon({ executable });
  await copy(motdImage(), daemon, { names: ["example/app:v1"] });
  const signal = AbortSignal.timeout(50);
  const error = await assertRejects(() => daemon.commit({ signal }));
  assertEquals(error.name, "TimeoutError");
});

Deno.test("an image is saved under its full name and read", async () => {
  await using dir = await tempDir();
  const image = motdImage();
  {
    await using archive = await createDockerArchive(dir.join("saved.tar"));
    await copy(image, archive, { names: ["example/app"] });
    await archive.commit();
  }
  const executable = await fakeDocker(
    dir,
    `[ "$*" = "save example/app:latest" ] && cat ${dir.join("saved.tar")}`,
  );
  await using daemon = new DockerDaemon({ executable });
  const saved = await daemon.open("docker.io/example/app") as Image;
  assertEquals(await saved.config(), await image.config());
});

Deno.test("an image that docker does not know is not found", async () => {
  await using dir = await tempDir();
  const executable = await fakeDocker(
    dir,
    'echo "Error response from daemon: reference does not exist" >&2; exit 1',
  );
  await using daemon = new DockerDaemon({ executable });
  await assertRejects(() => daemon.open("nothing"), NotFoundError, '"nothing:latest"');
  await assertRejects(() => daemon.open(), DocumentError, "expected a name");
});

Deno.test("names() gives what docker lists, without what has no name", async () => {
  await using dir = await tempDir();
  const executable = await fakeDocker(dir, "printf 'a:1\\n<none>:<none>\\nb/c:<none>\\nb/c:2\\n'");
  await using daemon = new DockerDaemon({ executable });
  assertEquals(await Array.fromAsync(daemon.names()), ["a:1", "b/c:2"]);
});

Deno.test("ping() tells whether an engine answers", async () => {
  await using dir = await tempDir();
  await using present = new DockerDaemon({ executable: await fakeDocker(dir, "echo 20.10.24") });
  assertEquals([await present.ping(), await present.version()], [true, "20.10.24"]);
  await using absent = new DockerDaemon({ executable: dir.join("nowhere") });
  assertEquals(await absent.ping(), false);
});

function limited(source: ReadableStream<Uint8Array>, chunks: number): ReadableStream<Uint8Array> {
  return ReadableStream.from((async function* () {
    for await (const chunk of source) {
      if (chunks-- === 0) return;
      yield chunk;
    }
  })());
}
