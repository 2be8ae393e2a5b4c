import type { Field } from "./block.ts";

const NUL = 0x00;
const SPACE = 0x20;
const ZERO = 0x30;

/** By the length of the field. */
const OCTAL_LIMITS = Array.from({ length: 13 }, (_, length) => 8 ** (length - 1));

/** The first number that does not fit a field as octal digits with a NUL behind them. */
export function octalLimit(field: Field): number {
  return OCTAL_LIMITS[field.length] ?? 0;
}

/**
 * Writes a whole number as octal digits, zeros in front and one NUL behind.
 *
 * @param value From 0 to below {@linkcode octalLimit}.
 */
export function writeOctal(block: Uint8Array, field: Field, value: number): void {
  let rest = value;
  for (let i = field.start + field.length - 2; i >= field.start; i--) {
    block[i] = ZERO + rest % 8;
    rest = Math.floor(rest / 8);
  }
}

/**
 * Reads a number field: octal digits, or GNU's base-256 when the first bit is set.
 *
 * An empty field is 0. What is neither gives `NaN`. Above 2^53 the value is only near.
 */
export function readNumber(block: Uint8Array, at: number, field: Field): number {
  const start = at + field.start;
  const end = start + field.length;
  return (block[start] ?? 0) & 0x80 ? readBase256(block, start, end) : readOctal(block, start, end);
}

function readOctal(block: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end && (block[at] === SPACE || block[at] === NUL)) at++;
  let value = 0;
  for (; at < end; at++) {
    const digit = (block[at] ?? 0) - ZERO;
    if (digit < 0 || digit > 7) break;
    value = value * 8 + digit;
  }
  while (at < end && block[at] === SPACE) at++;
  return at === end || block[at] === NUL ? value : NaN;
}

/** Two's complement, most significant byte first; the first bit only marks the form. */
function readBase256(block: Uint8Array, start: number, end: number): number {
  const first = block[start] ?? 0;
  const flip = first & 0x40 ? 0xff : 0;
  let value = (first ^ flip) & 0x7f;
  for (let at = start + 1; at < end; at++) value = value * 256 + ((block[at] ?? 0) ^ flip);
  return flip === 0 ? value : -value - 1;
}
