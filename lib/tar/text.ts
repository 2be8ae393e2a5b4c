const ENCODER = new TextEncoder();
const STRICT_DECODER = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** A form of UTF-8 sequence. */
interface Sequence {
  readonly length: number;
  /** Which bits of the first byte tell the form. */
  readonly mask: number;
  /** What they are. */
  readonly mark: number;
  /** The first character that needs this form. */
  readonly min: number;
}

const SEQUENCES: readonly Sequence[] = [
  { length: 1, mask: 0x80, mark: 0x00, min: 0 },
  { length: 2, mask: 0xe0, mark: 0xc0, min: 0x80 },
  { length: 3, mask: 0xf0, mark: 0xe0, min: 0x800 },
  { length: 4, mask: 0xf8, mark: 0xf0, min: 0x10000 },
];

/** A lone low surrogate that stands for a byte which is not UTF-8. */
const STRAY_REGEXP = /[\udc80-\udcff]/gu;
const STRAY_BASE = 0xdc00;

// deno-lint-ignore no-control-regex -- a NUL ends a text field, every other control may be in a name
const ASCII_REGEXP = /^[\x01-\x7f]*$/;

/** Says whether text fits a header block as it is: ASCII without NUL. */
export function isPlain(text: string): boolean {
  return text === "" || ASCII_REGEXP.test(text);
}

/**
 * Reads text up to the first NUL, or to the end.
 *
 * Names in a tar are bytes: one that is not UTF-8 is read as the lone surrogate U+DC00 + byte, as
 * Python does, so that {@linkcode encodeText} gives the same bytes back.
 */
export function readText(bytes: Uint8Array, start: number, length: number): string {
  if (bytes[start] === 0) return "";
  const field = bytes.subarray(start, start + length);
  const end = field.indexOf(0);
  return decodeText(end === -1 ? field : field.subarray(0, end));
}

/** Turns the bytes of a name into text; see {@linkcode readText}. */
export function decodeText(bytes: Uint8Array): string {
  try {
    return STRICT_DECODER.decode(bytes);
  } catch {
    return decodeStray(bytes);
  }
}

/** Turns text into the bytes of a name; the inverse of {@linkcode decodeText}. */
export function encodeText(text: string): Uint8Array {
  if (text.isWellFormed()) return ENCODER.encode(text);
  const bytes = new Uint8Array(text.length * 3);
  let used = 0;
  let from = 0;
  for (const { index } of text.matchAll(STRAY_REGEXP)) {
    used += ENCODER.encodeInto(text.slice(from, index), bytes.subarray(used)).written;
    bytes[used++] = text.charCodeAt(index) - STRAY_BASE;
    from = index + 1;
  }
  used += ENCODER.encodeInto(text.slice(from), bytes.subarray(used)).written;
  return bytes.subarray(0, used);
}

function decodeStray(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length;) {
    const lead = bytes[at] ?? 0;
    const form = SEQUENCES.find(({ mask, mark }) => (lead & mask) === mark);
    const point = form && decodePoint(bytes.subarray(at, at + form.length), form);
    text += String.fromCodePoint(point ?? STRAY_BASE + lead);
    at += point === undefined ? 1 : (form?.length ?? 1);
  }
  return text;
}

/** The character of one UTF-8 sequence; `undefined` when it is none. */
function decodePoint(bytes: Uint8Array, { length, mask, min }: Sequence): number | undefined {
  let point = (bytes[0] ?? 0) & ~mask;
  for (let i = 1; i < length; i++) {
    const byte = bytes[i] ?? 0;
    if ((byte & 0xc0) !== 0x80) return undefined;
    point = point << 6 | byte & 0x3f;
  }
  const isSurrogate = point >= 0xd800 && point <= 0xdfff;
  return point >= min && point <= 0x10ffff && !isSurrogate ? point : undefined;
}
