import { assertEquals, assertRejects } from "@std/assert";
import { createArtifact } from "../../lib/artifact/create_artifact.ts";
import { LimitExceededError, UnauthorizedError } from "../../lib/errors.ts";
import type { Descriptor } from "../../lib/oci/descriptor.ts";
import { MEDIA_TYPE } from "../../lib/oci/media_type.ts";
import { Attachments } from "../../lib/store/attachments.ts";
import { copy } from "../../lib/store/copy.ts";
import type { CopyEvent } from "../../lib/store/events.ts";
import { MemoryStore } from "../../lib/store/memory.ts";
import { createIndex } from "../../lib/image/create_index.ts";
import type { Index, View } from "../../lib/image/image.ts";
import { makeImage } from "../support/images.ts";

const IMAGE = makeImage([[{ path: "a", content: "a" }]]);

/** A store with an image `v1` and an artifact about it. */
async function storeWithReferrer(
  store: MemoryStore = new MemoryStore(),
): Promise<
  { readonly store: MemoryStore; readonly image: Descriptor; readonly referrer: Descriptor }
> {
  const image = await copy(IMAGE, store, { names: ["v1"] });
  const artifact = await createArtifact({ artifactType: "example/sig", subject: image });
  const referrer = await copy(artifact, store);
  await store.commit();
  return { store, image, referrer };
}

async function namesOf(store: MemoryStore): Promise<string[]> {
  return await Array.fromAsync(store.names());
}

Deno.test("copy() with attachments brings what is about the image before its name", async () => {
  const { store, image, referrer } = await storeWithReferrer();
  const target = new MemoryStore();
  const done: string[] = [];
  const onEvent = (event: CopyEvent) => {
    if (event.kind === "done" && event.outcome === "sent") done.push(event.descriptor.digest);
  };
  const attachments = new Attachments(store);
  await copy(await store.open("v1"), target, { names: ["v1"], attachments, onEvent });
  await target.commit();
  const found = await Array.fromAsync(target.referrers(image.digest));
  assertEquals(found.map(({ digest }) => digest), [referrer.digest]);
  assertEquals(done.at(-1), image.digest);
  assertEquals(done.lastIndexOf(referrer.digest) < done.length - 1, true);
});

Deno.test("copy() passes over a referrer that is listed but not there", async () => {
  const { store } = await storeWithReferrer();
  const gone = {
    mediaType: MEDIA_TYPE.ociManifest,
    digest: `sha256:${"0".repeat(64)}`,
    size: 3,
  } as const;
  class Forgetful extends MemoryStore {
    override async *referrers(): AsyncGenerator<Descriptor> {
      yield gone;
    }
  }
  const { store: source } = await storeWithReferrer(new Forgetful());
  const skipped: string[] = [];
  const onEvent = (event: CopyEvent) => {
    if (event.kind === "done" && event.outcome === "skipped") skipped.push(event.descriptor.digest);
  };
  const target = new MemoryStore();
  const attachments = new Attachments(source);
  await copy(await store.open("v1"), target, { names: ["v1"], attachments, onEvent });
  await target.commit();
  assertEquals([await namesOf(target), skipped], [["v1"], [gone.digest]]);
});

/** A place that makes up two more referrers for whatever it is asked about. */
class Inventive extends MemoryStore {
  readonly #invented = new Map<string, Index>();
  #asked = 0;

  override async *referrers(): AsyncGenerator<Descriptor> {
    this.#asked++;
    try {
      for (let twin = 0; twin < 2; twin++) {
        const annotations = { number: `${this.#invented.size}` };
        const index = createIndex([], annotations);
        const descriptor = await index.descriptor();
        this.#invented.set(descriptor.digest, index);
        yield descriptor;
      }
    } finally {
      this.#asked--;
    }
  }

  /** Waits until nobody is being answered any more. */
  async rest(): Promise<void> {
    while (this.#asked > 0) await new Promise((resolve) => setTimeout(resolve, 1));
  }

  override async open(name?: string): Promise<View> {
    return this.#invented.get(name ?? "") ?? await super.open(name);
  }
}

Deno.test("copy() ends where a place invents referrers of referrers", async () => {
  const store = new Inventive();
  await storeWithReferrer(store);
  const copying = async () => {
    const attachments = new Attachments(store);
    await copy(await store.open("v1"), new MemoryStore(), { attachments });
  };
  await assertRejects(copying, LimitExceededError, "what belongs to one image");
  await store.rest();
});

Deno.test("cosign's tags are looked for one by one where tags are not listed", async () => {
  class Secretive extends MemoryStore {
    // deno-lint-ignore require-yield
    override async *names(): AsyncGenerator<string> {
      throw new UnauthorizedError("Cannot list tags: expected 200, got 403", 403);
    }
  }
  const { store, image } = await storeWithReferrer(new Secretive());
  const tag = `${image.digest.replace(":", "-")}.sig`;
  await copy(makeImage([]), store, { names: [tag] });
  await store.commit();
  const target = new MemoryStore();
  await copy(await store.open("v1"), target, {
    names: ["v1"],
    attachments: new Attachments(store),
  });
  await target.commit();
  assertEquals((await namesOf(target)).sort(), [tag, "v1"].sort());
});
