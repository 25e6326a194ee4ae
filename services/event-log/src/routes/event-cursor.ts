import type { EventFilters } from '@waggle/contracts';
import { decodeCursor, encodeCursor, Problem, type Caller } from '@waggle/http';
import { z } from 'zod';
import type { Order } from '../domain/selection.ts';

/** Of the whole log: which one it is, and up to which position it is kept no longer. */
export interface LogState {
  epoch: string;
  droppedTo: number;
}

export interface CursorPlace {
  epoch: string;
  after: number;
}

const place = z.tuple([z.string(), z.int().nonnegative()]);

/** Cursors of one list. A stream with the same filters has the same: who has read to the end goes on with either. */
export function cursorsOf(caller: Caller, filters: EventFilters) {
  // The filters as given, not what they select: that may widen with the next release, and its readers' cursors must live on.
  const scope = [caller.workspaceId, caller.userId, filters];
  const encode = ({ epoch }: Pick<LogState, 'epoch'>, position: number) => encodeCursor(scope, [epoch, position]);

  function decode(cursor: string): CursorPlace {
    const [epoch, after] = decodeCursor(scope, cursor, place);
    return { epoch, after };
  }

  /** Throws `cursor_expired` where going on from there could miss something. */
  function check({ epoch, after }: CursorPlace, state: LogState, order: Order): void {
    if (epoch !== state.epoch) {
      throw new Problem('cursor_expired', {
        detail: 'The log was set up anew since. Begin without a cursor, with recorded_since the last recorded_at that you have, and pass over the ids that you know',
      });
    }
    if (order === 'desc' || after >= state.droppedTo) return;
    throw new Problem('cursor_expired', {
      detail: 'What came behind this cursor is kept no longer. Go on with oldest_cursor, which leads to the oldest event that is kept',
      members: { oldest_position: state.droppedTo + 1, oldest_cursor: encode(state, state.droppedTo) },
    });
  }

  return { encode, decode, check };
}
