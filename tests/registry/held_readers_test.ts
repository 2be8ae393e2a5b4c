import { assert, assertEquals } from "@std/assert";
import { Repository } from "../../lib/registry/repository.ts";
import { Transport } from "../../lib/registry/transport.ts";
import { serveRegistry } from "../../lib/server/serve_registry.ts";
import { makeCertificates } from "../support/docker_registry.ts";
import { peerTest } from "../support/peers.ts";
import { tempDir } from "../support/temp_dir.ts";
import { contentOf, describe, describeManifest, readBytes } from "./world.ts";

const SIZE = 6 * 1024 * 1024;
/** More than the permits of a host, and far more than the window of an HTTP/2 connection. */
const READERS = 40;

for (const isSecure of [false, true]) {
  const scheme = isSecure ? "https" : "http";
  peerTest(`${READERS} readers by ${scheme} that nobody reads hold nothing else up`, {
    needs: ["openssl"],
  }, async () => {
    await using dir = await tempDir();
    await makeCertificates(dir.path);
    const read = (name: string) => Deno.readTextFile(dir.join(name));
    const tls = { cert: await read("tls.crt"), key: await read("tls.key") };
    await using server = await serveRegistry(isSecure ? { tls } : {});
    using transport = new Transport({
      caCertificates: isSecure ? [await read("ca.crt")] : [],
      stallTimeoutMs: 5000,
      responseTimeoutMs: 5000,
      retry: { attempts: 1 },
    });
    const name = { registry: server.address, repository: "app" };
    await using app = new Repository(name, { transport });
    const held = await describe(new Uint8Array(SIZE).fill(1));
    const other = await describe(new Uint8Array(SIZE).fill(2));
    for (const blob of [held, other]) await app.write(contentOf(blob));

    const readers: ReadableStreamDefaultReader<Uint8Array>[] = [];
    for (let count = 0; count < READERS; count++) {
      const reader = (await app.fetch(held.descriptor)).getReader();
      if (count % 2 === 0) await reader.read();
      readers.push(reader);
    }
    assertEquals(await readBytes(await app.fetch(other.descriptor)), other.bytes);
    const more = await describe(new Uint8Array(SIZE).fill(3));
    await app.write(contentOf(more));
    const manifest = await describeManifest();
    await app.write(contentOf(await describe("{}")));
    await app.write(contentOf(manifest), { names: ["v1"] });
    assert(await app.has(more.descriptor));
    assertEquals((await app.resolve("v1")).digest, manifest.descriptor.digest);
    assertEquals(await Array.fromAsync(app.names()), ["v1"]);
    await Promise.all(readers.map((reader) => reader.cancel()));
  });
}
