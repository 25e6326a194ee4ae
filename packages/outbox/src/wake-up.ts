import type { Logger } from '@waggle/runtime';
import pg from 'pg';

const CHANNEL = 'outbox';
const RECONNECT_MS = 1_000;

interface WakeUpDeps {
  db: pg.Pool;
  databaseUrl: string;
  logger: Logger;
}

/** A hint from one relay to the others through PostgreSQL's NOTIFY, sent outside the transaction: inside, it would serialise all commits. */
export function createWakeUp({ db, databaseUrl, logger }: WakeUpDeps, onWake: () => void) {
  let client: pg.Client | undefined;
  let timer: NodeJS.Timeout | undefined;
  let isStopped = false;
  let isSending = false;

  async function open() {
    const opened = new pg.Client({ connectionString: databaseUrl, application_name: 'outbox wake-up', keepAlive: true });
    client = opened;
    opened.on('notification', onWake);
    // More than one can come; without a listener the second would end the process.
    opened.on('error', (error) => logger.warn({ err: error }, 'outbox wake-up lost'));
    opened.once('end', listenLater);
    await opened.connect();
    await opened.query(`LISTEN ${CHANNEL}`);
  }

  function listenLater() {
    client = undefined;
    if (!isStopped) timer = setTimeout(listen, RECONNECT_MS);
  }

  function listen() {
    open().catch((error: unknown) => {
      logger.warn({ err: error }, 'outbox wake-up not connected');
      const broken = client;
      if (broken === undefined) return;
      broken.removeListener('end', listenLater);
      void broken.end().catch(() => {});
      listenLater();
    });
  }

  return {
    listen,
    /** One in flight: a notification that waits tells the same as the next. */
    others() {
      if (isSending) return;
      isSending = true;
      db.query(`NOTIFY ${CHANNEL}`)
        .catch((error: unknown) => logger.warn({ err: error }, 'others not woken'))
        .finally(() => { isSending = false; });
    },
    async stop() {
      isStopped = true;
      clearTimeout(timer);
      await client?.end().catch(() => {});
    },
  };
}
