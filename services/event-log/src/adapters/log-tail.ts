import { warnSeldom, type Component, type Logger } from '@waggle/runtime';
import type { TailRow } from './event-store.ts';
import { createMailbox, type Mailbox } from './mailbox.ts';

/** One reader of the tail: what was recorded in its workspace since it began to follow. */
interface Follower {
  /** Of the log that is followed. Once it is set up anew, all of its followers are told to read on from the log itself, and hear nothing more. */
  epoch: string;
  /** What has come since the last call, in order; empty when nothing came within `timeoutMs`; null when too much came: read on from the log itself. */
  next(timeoutMs: number, signal: AbortSignal): Promise<readonly TailRow[] | null>;
  stop(): void;
}

export interface LogTail extends Component {
  /** Resolves once all that is recorded from now on will reach the follower. */
  follow(workspaceId: string): Promise<Follower>;
}

/** A position means something in its own log alone. */
interface Reached {
  epoch: string;
  position: number;
}

interface LogTailDeps {
  readHead(workspaceId: string): Promise<Reached>;
  readTail(positions: ReadonlyMap<string, number>, limit: number): Promise<{ epoch: string; rows: TailRow[] }>;
  logger: Logger;
}

/** A fifth of the promise (commit to client within 250 ms at the 99th percentile) and some. */
const POLL_MS = 60;
/** Of one workspace in one poll. */
const ROWS_MAX = 500;

interface Followed {
  /** Up to where followers have been told; null until it is known. */
  reached: Reached | null;
  isKnown: Promise<Reached>;
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
  let isStopping = false;

  async function follow(workspaceId: string): Promise<Follower> {
    const followed = workspaces.get(workspaceId) ?? beginAt(readHead(workspaceId));
    workspaces.set(workspaceId, followed);
    const mailbox = createMailbox();
    followed.mailboxes.add(mailbox);
    const stop = () => {
      followed.mailboxes.delete(mailbox);
      if (followed.mailboxes.size === 0) leave(workspaceId, followed);
    };
    const { epoch } = await followed.isKnown.catch((error: unknown) => {
      stop();
      throw error;
    });
    timer ??= setTimeout(poll, 0);
    return { epoch, next: mailbox.next, stop };
  }

  function leave(workspaceId: string, followed: Followed) {
    if (workspaces.get(workspaceId) === followed) workspaces.delete(workspaceId);
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
    const asked = [...workspaces].flatMap(([id, followed]) => (followed.reached === null ? [] : [{ id, followed, reached: followed.reached }]));
    if (asked.length === 0) return false;
    const { epoch, rows } = await readTail(new Map(asked.map(({ id, reached }) => [id, reached.position])), ROWS_MAX);
    const byWorkspace = Map.groupBy(rows, ({ workspaceId }) => workspaceId);
    // Whoever has begun to follow meanwhile may be in a later log than these rows: they are for those alone who were asked for.
    for (const { id, followed, reached } of asked) {
      if (reached.epoch === epoch) hand(byWorkspace.get(id) ?? [], followed.mailboxes, reached);
      else {
        // Positions mean something else now. Who follows reads on from the log itself, and learns there that its cursors are of no use.
        leave(id, followed);
        for (const mailbox of followed.mailboxes) mailbox.overflow();
      }
    }
    return [...byWorkspace.values()].some(({ length }) => length === ROWS_MAX);
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

function beginAt(head: Promise<Reached>): Followed {
  const isKnown = head.then(({ epoch, position }) => (followed.reached = { epoch, position }));
  const followed: Followed = { reached: null, isKnown, mailboxes: new Set() };
  return followed;
}

function hand(rows: readonly TailRow[], mailboxes: ReadonlySet<Mailbox>, reached: Reached): void {
  for (const row of rows) {
    reached.position = row.position;
    for (const mailbox of mailboxes) mailbox.put(row);
  }
}
