import { type TarHeader, TarReader } from "../../lib/tar/mod.ts";

/** The fields of a header block as they stand there, one character a byte. */
export interface RawFields {
  readonly name?: string;
  readonly mode?: string;
  readonly uid?: string;
  readonly gid?: string;
  readonly size?: string;
  readonly mtime?: string;
  /** Made to fit unless given. */
  readonly checksum?: string;
  readonly type?: string;
  readonly linkName?: string;
  /** Magic and version together. */
  readonly magic?: string;
  readonly userName?: string;
  readonly groupName?: string;
  readonly deviceMajor?: string;
  readonly deviceMinor?: string;
  readonly prefix?: string;
}

export const USTAR = "ustar\x0000";
export const GNU = "ustar  \0";

const STARTS: Readonly<Record<keyof RawFields, number>> = {
  name: 0,
  mode: 100,
  uid: 108,
  gid: 116,
  size: 124,
  mtime: 136,
  checksum: 148,
  type: 156,
  linkName: 157,
  magic: 257,
  userName: 265,
  groupName: 297,
  deviceMajor: 329,
  deviceMinor: 337,
  prefix: 345,
};

/** Turns text into bytes, one a character. */
export function latin1(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

/** Makes a header block by hand, with nothing checked. */
export function rawBlock(fields: RawFields = {}): Uint8Array {
  const block = new Uint8Array(512);
  const complete = { name: "a", mode: "0000644\0", type: "0", magic: USTAR, ...fields };
  for (const [field, start] of Object.entries(STARTS)) {
    block.set(latin1(complete[field as keyof RawFields] ?? ""), start);
  }
  if (fields.checksum === undefined) {
    block.fill(0x20, 148, 156);
    const sum = block.reduce((total, byte) => total + byte, 0);
    block.set(latin1(`${sum.toString(8).padStart(6, "0")}\0 `), 148);
  }
  return block;
}

/** Makes an entry by hand; its size is that of the body unless given. */
export function rawEntry(fields: RawFields, body: string | Uint8Array = ""): Uint8Array {
  const bytes = typeof body === "string" ? latin1(body) : body;
  const padding = new Uint8Array((512 - bytes.length % 512) % 512);
  return concat(rawBlock({ size: octal(bytes.length), ...fields }), bytes, padding);
}

/** Makes an extended header of one record for each pair. */
export function rawPax(records: Readonly<Record<string, string>>, type = "x"): Uint8Array {
  const body = Object.entries(records).map(([key, value]) => paxRecord(key, value)).join("");
  return rawEntry({ name: "PaxHeaders.0/a", type }, body);
}

/** Makes one PAX record; its length is right. */
export function paxRecord(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`;
  let length = rest.length + 1;
  while (`${length}${rest}`.length !== length) length++;
  return `${length}${rest}`;
}

/** An octal field of 12 bytes, as most writers make it. */
export function octal(value: number): string {
  return value.toString(8).padStart(11, "0") + "\0";
}

export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((total, { length }) => total + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** What a reader found: every entry with its body, and whether the end was marked. */
export interface Found {
  readonly entries: readonly FoundEntry[];
  readonly isEnded: boolean;
}

export interface FoundEntry {
  readonly header: TarHeader;
  readonly body: Uint8Array;
  readonly offset: number;
  readonly headerOffset: number;
}

/** Reads a whole tar, in pieces of the given sizes in turn. */
export function readWhole(tar: Uint8Array, sizes: readonly number[] = [tar.length || 1]): Found {
  const reader = new TarReader();
  const entries: { header: TarHeader; body: Uint8Array; offset: number; headerOffset: number }[] =
    [];
  let isEnded = false;
  let turn = 0;
  for (let at = 0; at < tar.length;) {
    const size = sizes[turn++ % sizes.length] ?? 1;
    for (const event of reader.push(tar.subarray(at, at + size))) {
      const last = entries.at(-1);
      if (event.kind === "end") isEnded = true;
      else if (event.kind === "body" && last) last.body = concat(last.body, event.bytes);
      else if (event.kind === "entry") {
        const { header, offset, headerOffset } = event;
        entries.push({ header, body: new Uint8Array(), offset, headerOffset });
      }
    }
    at += size;
  }
  reader.finish();
  return { entries, isEnded };
}

/** The header of the only entry. */
export function readOne(...parts: readonly Uint8Array[]): TarHeader {
  const { entries: [first, ...others] } = readWhole(concat(...parts));
  if (first === undefined || others.length > 0) throw new Error("expected one entry");
  return first.header;
}
