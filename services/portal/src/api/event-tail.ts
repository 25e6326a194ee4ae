import type { RecordedEvent } from '@waggle/contracts';
import { request } from './call.ts';
import type { Query } from './query.ts';
import { ApiProblem } from './problem.ts';
import { createEventParser } from './server-sent-events.ts';

export type TailState = 'connecting' | 'live' | 'waiting';

interface Tail {
  query: Query;
  signal: AbortSignal;
  onEvent(event: RecordedEvent): void;
  onState(state: TailState): void;
}

const RECONNECT_MS = 2_000;

/** Follows the log until it is told to stop; after a break it goes on behind the last event that it has seen. Throws what the API refuses. */
export async function followEvents({ query, signal, onEvent, onState }: Tail): Promise<void> {
  let lastId: string | null = null;
  while (!signal.aborted) {
    onState('connecting');
    try {
      const headers = { accept: 'text/event-stream', ...(lastId !== null && { 'last-event-id': lastId }) };
      const response = await request('/v1/events/stream', { query, signal, headers });
      onState('live');
      const take = createEventParser(({ id, data }) => {
        lastId = id ?? lastId;
        onEvent(JSON.parse(data));
      });
      for await (const text of textOf(response)) take(text);
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof ApiProblem && error.status >= 400 && error.status < 500) throw error;
    }
    onState('waiting');
    await pause(RECONNECT_MS, signal);
  }
}

async function* textOf({ body }: Response): AsyncGenerator<string> {
  if (body === null) return;
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  try {
    for (let piece = await reader.read(); !piece.done; piece = await reader.read()) yield piece.value;
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

const pause = (ms: number, signal: AbortSignal) => new Promise<void>((resolve) => {
  const timer = setTimeout(resolve, ms);
  signal.addEventListener('abort', () => {
    clearTimeout(timer);
    resolve();
  }, { once: true });
});
