const ENCODER = new TextEncoder();
const STRICT_DECODER = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const DECODER = new TextDecoder("utf-8", { ignoreBOM: true });

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
    const sequence = bytes.subarray(at, at + sequenceLength(bytes[at] ?? 0));
    const decoded = DECODER.decode(sequence);
    const isValid = ENCODER.encode(decoded).every((byte, i) => byte === sequence[i]);
    text += isValid ? decoded : String.fromCharCode(STRAY_BASE + (bytes[at] ?? 0));
    at += isValid ? sequence.length : 1;
  }
  return text;
}

/** How long the UTF-8 sequence is that a byte begins. */
function sequenceLength(lead: number): number {
  if (lead < 0xc0) return 1;
  if (lead < 0xe0) return 2;
  return lead < 0xf0 ? 3 : 4;
}
