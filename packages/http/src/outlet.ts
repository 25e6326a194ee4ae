import type { Response } from 'express';

/** Where an answer goes that is written piece by piece. */
export interface Outlet {
  /** Resolves once there is room for the next piece; false: the client is gone, takes nothing any more, or the server stops. */
  write(piece: string | Buffer): Promise<boolean>;
  /** Aborted when there is nobody to write to any more. */
  signal: AbortSignal;
  /** Of the key with which it was asked for: an answer may outlive it. */
  isKeyGood(): Promise<boolean>;
}

/** Writes the body of an answer whose head has been sent. A rejection cuts the connection: the client must not take it for whole. */
export type Pour = (outlet: Outlet) => Promise<void>;

/** Who takes nothing for so long is cut off. */
const STALLED_AFTER_MS = 60_000;

/** The server ends what stands in its set of open answers when it stops. */
const openAnswersOf = (response: Response): Set<AbortController> => response.app.locals['openAnswers'];

export async function pourInto(response: Response, pour: Pour, isKeyGood: () => Promise<boolean>): Promise<void> {
  const ending = new AbortController();
  const openAnswers = openAnswersOf(response);
  const end = () => ending.abort();
  openAnswers.add(ending);
  response.once('close', end).flushHeaders();
  // Who went away while the answer was prepared: its `close` has been, and there will be no other.
  if (response.destroyed) end();
  try {
    await pour({ signal: ending.signal, isKeyGood, write: (piece) => write(response, piece, ending.signal) });
    if (ending.signal.aborted && response.writableNeedDrain) {
      // What a client that does not read has not taken would hold up a server that stops.
      response.destroy();
      return;
    }
    // After a stream no connection is worth keeping: a server that stops would wait for it.
    const { socket } = response;
    response.end(() => socket?.end());
  } catch (error) {
    response.locals['problem'] = error;
    response.destroy();
  } finally {
    openAnswers.delete(ending);
  }
}

/** At most one piece, and what Node and the kernel buffer, is held for a client that reads slowly. */
async function write(response: Response, piece: string | Buffer, signal: AbortSignal): Promise<boolean> {
  if (signal.aborted) return false;
  if (response.write(piece)) return true;
  const { promise: room, resolve } = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => { response.destroy(); }, STALLED_AFTER_MS);
  const hasRoom = () => resolve(true);
  const isOver = () => resolve(false);
  response.once('drain', hasRoom);
  signal.addEventListener('abort', isOver, { once: true });
  try {
    return await room;
  } finally {
    clearTimeout(timer);
    response.off('drain', hasRoom);
    signal.removeEventListener('abort', isOver);
  }
}
