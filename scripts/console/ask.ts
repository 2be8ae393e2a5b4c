import { untilAborted } from "../../lib/stream/until_aborted.ts";

/** How a question is put. */
export interface AskOptions {
  /** Whether the answer is nobody's to see while it is typed. */
  readonly isSecret: boolean;
  /** Gives up waiting; the terminal shows what is typed again. */
  readonly signal: AbortSignal;
}

/** What ends a line: Enter, and Ctrl-D. */
const ENDS = "\r\n\u0004";
const KEYS = { ctrlU: "\u0015", backspace: "\u0008", delete: "\u007f" };

/**
 * Asks the person at the terminal, on standard error, for one line. A secret is not shown as it is
 * typed; Backspace and Ctrl-U take back, Enter and Ctrl-D end it.
 */
export async function askTerminal(
  question: string,
  { isSecret, signal }: AskOptions,
): Promise<string> {
  if (!isSecret) {
    say(question);
    return await readLine(signal);
  }
  Deno.stdin.setRaw(true, { cbreak: true }); // before the question: who types fast shows nothing
  try {
    say(question);
    return await readLine(signal);
  } finally {
    Deno.stdin.setRaw(false);
    say("\n");
  }
}

async function readLine(signal: AbortSignal): Promise<string> {
  const decoder = new TextDecoder();
  const chunk = new Uint8Array(1024);
  let typed = "";
  for (;;) {
    const count = await untilAborted(Deno.stdin.read(chunk), signal);
    if (count === null) return typed;
    for (const key of decoder.decode(chunk.subarray(0, count), { stream: true })) {
      if (ENDS.includes(key)) return typed;
      typed = edit(typed, key);
    }
  }
}

function edit(typed: string, key: string): string {
  switch (key) {
    case KEYS.ctrlU:
      return "";
    case KEYS.backspace:
    case KEYS.delete:
      return [...typed].slice(0, -1).join("");
    default:
      return typed + key;
  }
}

function say(text: string): void {
  Deno.stderr.writeSync(new TextEncoder().encode(text));
}
