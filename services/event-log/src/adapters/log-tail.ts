import { warnSeldom, type Component, type Logger } from '@waggle/runtime';
import type { TailRow } from './event-store.ts';
import { createMailbox, type Mailbox } from './mailbox.ts';

/** One reader of the tail: what was recorded in its workspace since it began to follow. */
interface Follower {
  /** What has come since the last call, in order; empty when nothing came within `timeoutMs`; null when too much came: read on from the log itself. */
  next(timeoutMs: number, signal: AbortSignal): Promise<readonly TailRow[] | null>;
  stop(): void;
}

export interface LogTail extends Component {
  /** Resolves once all that is recorded from now on will reach the follower. */
  follow(workspaceId: string): Promise<Follower>;
}

interface LogTailDeps {
  readHead(workspaceId: string): Promise<{ position: number }>;
  readTail(positions: ReadonlyMap<string, number>, limit: number): Promise<{ epoch: string; rows: TailRow[] }>;
  logger: Logger;
}

/** A fifth of the promise (commit to client within 250 ms at the 99th percentile) and some. */
const POLL_MS = 60;
/** Of one workspace in one poll. */
const ROWS_MAX = 500;

interface Followed {
  /** Up to where followers have been told; null until it is known. */
  after: number | null;
  isKnown: Promise<void>;
  mailboxes: Set<Mailbox>;
}

/**
 * One reader of the database for all streams of this process: every client polling by itself would cost a query each, many times a second.
 * It asks only while somebody follows, and only for followed workspaces.
 */
export function createLogTail({ readHead, readTail, logger }: LogTailDeps): LogTail {
  const workspaces = new Map<string, Followed>();
  const warn = warnSeldom(logger, 'tail of the log not read');
  let timer: NodeJS.Timeout | undefined;
  let reading: Promise<void> = Promise.resolve();
  let epoch: string | null = null;
  let isStopping = false;

  async function follow(workspaceId: string): Promise<Follower> {
    const followed = workspaces.get(workspaceId) ?? begin(workspaceId);
    const mailbox = createMailbox();
    followed.mailboxes.add(mailbox);
    const stop = () => {
      followed.mailboxes.delete(mailbox);
      if (followed.mailboxes.size === 0 && workspaces.get(workspaceId) === followed) workspaces.delete(workspaceId);
    };
    try {
      await followed.isKnown;
    } catch (error) {
      stop();
      throw error;
    }
    timer ??= setTimeout(poll, 0);
    return { next: mailbox.next, stop };
  }

  function begin(workspaceId: string): Followed {
    const isKnown = readHead(workspaceId).then(({ position }) => { followed.after = position; });
    const followed: Followed = { after: null, isKnown, mailboxes: new Set() };
    workspaces.set(workspaceId, followed);
    return followed;
  }

  function poll() {
    reading = read()
      .catch((error: unknown) => { warn(error); return false; })
      .then((isMoreThere) => {
        timer = isStopping || workspaces.size === 0 ? undefined : setTimeout(poll, isMoreThere ? 0 : POLL_MS);
      });
  }

  /** Whether more is there already. */
  async function read(): Promise<boolean> {
    const positions = new Map([...workspaces].flatMap(([id, { after }]) => (after === null ? [] : [[id, after] as const])));
    if (positions.size === 0) return false;
    const tail = await readTail(positions, ROWS_MAX);
    if (epoch !== null && epoch !== tail.epoch) {
      // Positions mean something else now. Who follows reads on from the log itself, and learns there that its cursors are of no use.
      for (const { mailboxes } of workspaces.values()) for (const mailbox of mailboxes) mailbox.overflow();
      workspaces.clear();
    } else for (const row of tail.rows) hand(row, workspaces.get(row.workspaceId));
    epoch = tail.epoch;
    return [...Map.groupBy(tail.rows, ({ workspaceId }) => workspaceId).values()].some(({ length }) => length === ROWS_MAX);
  }

  return {
    name: 'tail of the log',
    follow,
    start: async () => {},
    async stop() {
      isStopping = true;
      clearTimeout(timer);
      await reading;
    },
    health: () => null,
  };
}

function hand(row: TailRow, followed: Followed | undefined): void {
  // Who began to follow while this was being read may be further already.
  if (followed === undefined || followed.after === null || row.position <= followed.after) return;
  followed.after = row.position;
  for (const mailbox of followed.mailboxes) mailbox.put(row);
}
