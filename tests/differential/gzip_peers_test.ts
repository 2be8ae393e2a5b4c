import { assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import { CompressionError } from "../../lib/errors.ts";
import { compress } from "../../lib/stream/compress.ts";
import { decompress } from "../../lib/stream/decompress.ts";
import { chunked, concat, drain, sampleBytes } from "../stream/sources.ts";
import { run, runOk } from "../support/command.ts";
import { peerTest } from "../support/peers.ts";

const MIB = 1024 ** 2;
const CONTENT = sampleBytes(3 * MIB + 17);

const READ_PYTHON = `
import gzip, sys
sys.stdout.buffer.write(gzip.decompress(sys.stdin.buffer.read()))
`;

const WRITE_PYTHON = `
import gzip, sys
content = sys.stdin.buffer.read()
with gzip.GzipFile("a name", "wb", 5, sys.stdout.buffer, 12345) as file:
    file.write(content[:100])
    file.flush()
    file.write(content[100:])
`;

const READERS = [
  { command: "gzip", args: ["-dc"] },
  { command: "pigz", args: ["-dc"] },
  { command: "busybox", args: ["gunzip", "-c"] },
  { command: "python3", args: ["-c", READ_PYTHON] },
] as const;

for (const { command, args } of READERS) {
  peerTest(`${command} reads the gzip of compress()`, { needs: [command] }, async () => {
    for (const [level, size] of [[1, 3 * MIB + 17], [6, MIB], [9, MIB + 1], [6, 1], [6, 0]]) {
      const content = CONTENT.subarray(0, size);
      const compressed = await drain(
        compress(chunked(content, 65_536), { level: level ?? 6, workers: 2 }),
      );
      const { bytes } = await runOk(command, args, { stdin: compressed });
      assertEquals(bytes, content);
    }
  });
}

const WRITERS = [
  { command: "gzip", args: ["-c"] },
  { command: "gzip", args: ["-9c"] },
  { command: "pigz", args: ["-c", "-p", "4"] },
  { command: "pigz", args: ["-c", "-i", "-b", "128"] },
  { command: "busybox", args: ["gzip", "-c"] },
  { command: "python3", args: ["-c", WRITE_PYTHON] },
] as const;

for (const { command, args } of WRITERS) {
  const name = args[0] === "-c" && command === "python3" ? command : [command, ...args].join(" ");
  peerTest(`decompress() reads the gzip of ${name}`, { needs: [command] }, async () => {
    const { bytes } = await runOk(command, args, { stdin: CONTENT });
    assertEquals(await drain(decompress(chunked(bytes, 10_007))), CONTENT);
    const twice = concat(bytes, bytes);
    assertEquals(await drain(decompress(chunked(twice, 10_007))), concat(CONTENT, CONTENT));
  });
}

peerTest("gzip and decompress() refuse the same damage", { needs: ["gzip"] }, async () => {
  const compressed = await drain(compress(chunked(sampleBytes(100), 100)));
  for (let at = 10; at < compressed.length; at++) {
    const damaged = compressed.slice();
    damaged[at] = (damaged[at] ?? 0) ^ 0xff;
    const { code } = await run("gzip", ["-t"], { stdin: damaged });
    assertNotEquals(code, 0);
    await assertRejects(() => drain(decompress(chunked(damaged, 7))), CompressionError);
  }
});
