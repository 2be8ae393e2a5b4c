import type { FileEntry, FileType } from "../../lib/inspect/file_entry.ts";

const LETTERS: Readonly<Record<FileType, string>> = {
  "file": "-",
  "directory": "d",
  "symlink": "l",
  "character-device": "c",
  "block-device": "b",
  "fifo": "p",
};

/** Writes type and permissions as `ls -l` does: `-rwsr-xr-x`. */
export function formatMode({ type, mode }: Pick<FileEntry, "type" | "mode">): string {
  const special = [[0o4000, "s"], [0o2000, "s"], [0o1000, "t"]] as const;
  const groups = special.map(([bit, letter], position) => {
    const bits = mode >> (6 - 3 * position) & 7;
    const execute = (mode & bit) === 0
      ? (bits & 1 ? "x" : "-")
      : bits & 1
      ? letter
      : letter.toUpperCase();
    return `${bits & 4 ? "r" : "-"}${bits & 2 ? "w" : "-"}${execute}`;
  });
  return LETTERS[type] + groups.join("");
}

/** The columns of a file in a long listing, without its name. */
export function fileColumns(file: FileEntry): readonly string[] {
  const { uid, gid, links, mtime, type, deviceMajor = 0, deviceMinor = 0 } = file;
  const isDevice = type === "character-device" || type === "block-device";
  return [
    formatMode(file),
    String(links),
    `${uid}:${gid}`,
    isDevice ? `${deviceMajor},${deviceMinor}` : type === "directory" ? "-" : String(file.size),
    formatTime(mtime),
  ];
}

/** A time to the minute, in UTC. */
function formatTime(seconds: number): string {
  const date = new Date(seconds * 1000);
  if (Number.isNaN(date.getTime())) return String(seconds);
  return date.toISOString().slice(0, 16).replace("T", " ");
}

/** Writes a path for a terminal: bytes that are no text, and characters that steer it, escaped. */
export function formatPath(path: string): string {
  return path.replaceAll(/[\p{Cc}\p{Cs}\u202a-\u202e\u2066-\u2069\\]/gu, (character) => {
    if (character === "\\") return "\\\\";
    const code = character.charCodeAt(0);
    return code >= 0xdc80 && code <= 0xdcff || code < 0x100
      ? `\\x${(code & 0xff).toString(16).padStart(2, "0")}`
      : `\\u${code.toString(16)}`;
  });
}

/** Writes a file's name; of a link, with where it points. */
export function formatName(name: string, { target, type }: FileEntry): string {
  const shown = formatPath(name);
  if (target !== undefined) return `${shown} -> ${formatPath(target)}`;
  return type === "directory" ? `${shown.replace(/\/$/, "")}/` : shown;
}
