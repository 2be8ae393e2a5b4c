/** What a program wants of the machine before it runs. */
export interface ElfNeeds {
  /** The path of the dynamic linker; `undefined` of a static program and of a library. */
  readonly interpreter: string | undefined;
  /** The names of shared libraries: `libc.so.6`. */
  readonly libraries: readonly string[];
}

/** Reads bytes of a file from an offset on. */
export type ReadAt = (offset: number, length: number) => Promise<Uint8Array<ArrayBuffer>>;

const MAGIC = 0x7f454c46;
const SIXTY_FOUR_BITS = 2;
const LITTLE_ENDIAN = 1;
const SEGMENT = { load: 1, dynamic: 2, interpreter: 3 } as const;
const TAG = { end: 0, needed: 1, strings: 5, stringsSize: 10 } as const;
const MAX_TABLE_BYTES = 4 * 1024 * 1024;

interface Segment {
  readonly type: number;
  readonly offset: number;
  readonly address: number;
  readonly size: number;
}

/**
 * Reads which linker and libraries a 64-bit Linux program or library asks for.
 *
 * @throws {SyntaxError} When it is something else.
 * @see {@link https://refspecs.linuxfoundation.org/elf/elf.pdf ELF, program headers and dynamic section}
 */
export async function readElfNeeds(readAt: ReadAt): Promise<ElfNeeds> {
  const segments = await readSegments(readAt);
  const interpreter = segments.find(({ type }) => type === SEGMENT.interpreter);
  return {
    interpreter: interpreter === undefined
      ? undefined
      : textAt(await readTable(readAt, interpreter.offset, interpreter.size), 0),
    libraries: await readLibraries(readAt, segments),
  };
}

async function readSegments(readAt: ReadAt): Promise<readonly Segment[]> {
  const header = await readAt(0, 64);
  const view = new DataView(header.buffer, header.byteOffset, header.byteLength);
  if (
    view.byteLength < 64 || view.getUint32(0) !== MAGIC ||
    view.getUint8(4) !== SIXTY_FOUR_BITS || view.getUint8(5) !== LITTLE_ENDIAN
  ) {
    throw new SyntaxError("Cannot read a program: expected 64-bit ELF, little-endian");
  }
  const [offset, size, count] = [
    Number(view.getBigUint64(32, true)),
    view.getUint16(54, true),
    view.getUint16(56, true),
  ];
  const table = viewOf(await readTable(readAt, offset, size * count));
  return Array.from({ length: count }, (_, index) => ({
    type: table.getUint32(index * size, true),
    offset: Number(table.getBigUint64(index * size + 8, true)),
    address: Number(table.getBigUint64(index * size + 16, true)),
    size: Number(table.getBigUint64(index * size + 32, true)),
  }));
}

async function readLibraries(
  readAt: ReadAt,
  segments: readonly Segment[],
): Promise<readonly string[]> {
  const dynamic = segments.find(({ type }) => type === SEGMENT.dynamic);
  if (dynamic === undefined) return [];
  const table = viewOf(await readTable(readAt, dynamic.offset, dynamic.size));
  const values = Map.groupBy(entriesOf(table), ([tag]) => tag);
  const valueOf = (tag: number) => values.get(tag)?.[0]?.[1] ?? 0;
  const strings = await readTable(
    readAt,
    offsetOf(valueOf(TAG.strings), segments),
    valueOf(TAG.stringsSize),
  );
  return (values.get(TAG.needed) ?? []).map(([, offset]) => textAt(strings, offset));
}

function entriesOf(table: DataView): readonly (readonly [tag: number, value: number])[] {
  const entries: [number, number][] = [];
  for (let at = 0; at + 16 <= table.byteLength; at += 16) {
    const tag = Number(table.getBigInt64(at, true));
    if (tag === TAG.end) break;
    entries.push([tag, Number(table.getBigUint64(at + 8, true))]);
  }
  return entries;
}

/** Where in the file an address of memory comes from. */
function offsetOf(address: number, segments: readonly Segment[]): number {
  const home = segments.find((segment) =>
    segment.type === SEGMENT.load && address >= segment.address &&
    address < segment.address + segment.size
  );
  return home === undefined ? address : address - home.address + home.offset;
}

async function readTable(readAt: ReadAt, offset: number, length: number) {
  if (length <= MAX_TABLE_BYTES) return await readAt(offset, length);
  throw new SyntaxError(
    `Cannot read a program: expected tables of at most ${MAX_TABLE_BYTES} bytes, got ${length}`,
  );
}

function viewOf(bytes: Uint8Array<ArrayBuffer>): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function textAt(bytes: Uint8Array, offset: number): string {
  const end = bytes.indexOf(0, offset);
  return new TextDecoder().decode(bytes.subarray(offset, end < 0 ? undefined : end));
}
