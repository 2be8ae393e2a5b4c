import { RegistryError, UnauthorizedError } from "../errors.ts";
import { type Backoff, markFinal } from "./retry.ts";
import type { Rewindable } from "./rewindable.ts";
import type { UploadSession } from "./upload_session.ts";

/** How the bytes of an upload are sent. */
export interface SendOptions {
  /** How many bytes there are in all, when that is known. */
  readonly size?: number | undefined;
  /** How a broken upload is taken up again. */
  readonly backoff: Backoff;
  /** The bytes of a piece; all in one stream unless said. */
  readonly pieceBytes?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** The bytes of a piece when an upload goes on after a failure: any power of two suits somebody. */
export const PIECE_BYTES: number = 16 * 1024 * 1024;
/** An upload that came this far since its last failure has earned its attempts back. */
const PROGRESS_BYTES = 1024 * 1024;
/** Says of one large request that smaller ones might do. */
const TOO_LARGE = new Set([411, 413]);

/**
 * Sends the bytes of an upload: in one stream, which every registry takes, or in pieces. When the
 * connection breaks, the registry is asked how much has arrived, and the rest goes out in pieces
 * with their lengths, each acknowledged, as often as the back-off allows without progress.
 *
 * @returns Whether it was interrupted.
 * @throws What broke it, when it cannot be taken up. A failure of the bytes' own source passes.
 */
export async function sendUpload(
  session: UploadSession,
  source: Rewindable,
  options: SendOptions,
): Promise<boolean> {
  const { backoff, signal } = options;
  let { pieceBytes } = options;
  let failures = 0;
  let arrived = 0;
  for (let isInterrupted = false;; isInterrupted = true) {
    try {
      if (pieceBytes === undefined) await sendRest(session, source, options);
      else await sendPieces(session, source, pieceBytes, signal);
      return isInterrupted;
    } catch (error) {
      if (source.failure !== undefined) {
        const { error: own } = source.failure;
        throw source.replayable ? own : markFinal(own);
      }
      signal?.throwIfAborted();
      failures++;
      const isOvercome = failures === 1 && mayOvercome(error, pieceBytes);
      if (!isOvercome && !await backoff.wait(error, failures, signal)) {
        throw failures > 1 ? markFinal(error) : error;
      }
      const position = await findPosition(session, source, signal);
      if (position === undefined) throw error;
      if (position - arrived >= PROGRESS_BYTES) {
        arrived = position;
        failures = 0;
      }
      pieceBytes ??= Math.max(PIECE_BYTES, session.minPieceBytes);
    }
  }
}

async function sendRest(
  session: UploadSession,
  source: Rewindable,
  { size, signal }: SendOptions,
): Promise<void> {
  const { replayable, position } = source;
  const open = async () => {
    await source.seek(position);
    return source.stream();
  };
  const body = { replayable, open, size: size === undefined ? undefined : size - position };
  await session.send(body, { ...(signal && { signal }) });
}

async function sendPieces(
  session: UploadSession,
  source: Rewindable,
  pieceBytes: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  for (;;) {
    const start = source.position;
    const piece = await source.take(pieceBytes);
    if (piece.length === 0) return;
    const range = { start, end: source.position - 1 };
    const received = await session.send(piece, { range, ...(signal && { signal }) });
    if (received !== undefined && received !== source.position) {
      if (received < start || !await source.seek(received)) throw lost(received, range.end + 1);
    } else if (piece.length < pieceBytes) return;
  }
}

/** Goes to where the registry has come; `undefined` when it does not tell, or we cannot. */
async function findPosition(
  session: UploadSession,
  source: Rewindable,
  signal: AbortSignal | undefined,
): Promise<number | undefined> {
  try {
    const position = await session.received({ ...(signal && { signal }) });
    return await source.seek(position) ? position : undefined;
  } catch {
    signal?.throwIfAborted();
    return undefined;
  }
}

/**
 * Says whether to ask for the status is all that an error needs: that gets the next token when one
 * has ended, and the place where to go on; and what is too much at once may do in pieces.
 */
function mayOvercome(error: unknown, pieceBytes: number | undefined): boolean {
  if (error instanceof UnauthorizedError) return error.status === 401;
  if (!(error instanceof RegistryError)) return false;
  return error.status === 416 || (pieceBytes === undefined && TOO_LARGE.has(error.status));
}

function lost(received: number, sent: number): RegistryError {
  return new RegistryError(
    `Cannot go on with an upload: expected the registry to have ${sent} bytes, got ${received}`,
    202,
  );
}
