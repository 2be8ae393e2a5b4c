/** Bytes that are the same on every machine and compress as real files do. */
export interface PseudoBytes {
  /** Returns `size` bytes of prose or of something like a program, at the whim of the seed. */
  next(size: number): Uint8Array<ArrayBuffer>;
  /** Returns a number from 0 up to 1. */
  random(): number;
}

/** So much larger than a compressor's window that a piece met twice goes unnoticed. */
const POOL_BYTES = 8 * 1024 * 1024;

/** Makes a source of bytes that depends on `seed` alone. */
export function openPseudoBytes(seed: number): PseudoBytes {
  const random = seededRandom(seed);
  const prose = makeProse(random);
  const program = makeProgram(random);
  return {
    random,
    next(size) {
      const pool = random() < 0.75 ? prose : program;
      const bytes = new Uint8Array(size);
      for (let filled = 0; filled < size;) {
        const length = Math.min(size - filled, POOL_BYTES);
        const start = Math.floor(random() * (POOL_BYTES - length + 1));
        bytes.set(pool.subarray(start, start + length), filled);
        filled += length;
      }
      return bytes;
    },
  };
}

/** Words by Zipf's law, as in source code and in prose. */
function makeProse(random: () => number): Uint8Array {
  const words = Array.from({ length: 4000 }, () => makeWord(random));
  const lines: string[] = [];
  for (let bytes = 0; bytes < POOL_BYTES;) {
    const count = 4 + Math.floor(random() * 10);
    const line = Array.from(
      { length: count },
      () => words[Math.floor(4000 ** random() ** 1.3) - 1],
    );
    const text = `${" ".repeat(2 * Math.floor(random() * 4))}${line.join(" ")}\n`;
    lines.push(text);
    bytes += text.length;
  }
  return new TextEncoder().encode(lines.join("")).subarray(0, POOL_BYTES);
}

function makeWord(random: () => number): string {
  const letters = "etaoinshrdlucmfwypvbgkjqxz_";
  const length = 2 + Math.floor(random() * 9);
  return Array.from({ length }, () => letters[Math.floor(letters.length * random() ** 2)]).join("");
}

/** Records of eight bytes, half of them small numbers, as in machine code and tables. */
function makeProgram(random: () => number): Uint8Array {
  const bytes = new Uint8Array(POOL_BYTES);
  for (let at = 0; at < POOL_BYTES; at += 8) {
    bytes[at] = Math.floor(random() * 24);
    bytes[at + 1] = Math.floor(random() * 256);
    bytes[at + 2] = random() < 0.3 ? Math.floor(random() * 256) : 0;
    bytes[at + 4] = random() < 0.5 ? 0 : Math.floor(random() * 256);
  }
  return bytes;
}

/** Mulberry32: small, fast and good enough to look like files. */
function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
