import { callApi, type ApiAnswer, type Stack } from '@waggle/testkit';
import { setTimeout as pause } from 'node:timers/promises';

export interface Sent {
  user: number;
  timestamp: string;
  status: number;
  ms: number;
}

const USERS = 10;
export const isAcknowledged = ({ status }: Sent) => status === 200 || status === 202;

/** What a client waits before it asks somebody else. */
const PATIENCE_MS = 3_000;

/**
 * Completions that are all new: user n mod 10, each round one more day back, so that every one changes state and makes an event. With several
 * addresses each in turn, and the same body again at the next where one does not answer, or cannot.
 */
export function createInboundLoad(stack: Stack, systemKey: () => string, addresses: () => readonly string[] = () => [stack.urlOf('ingress')]) {
  const sent: Sent[] = [];
  let count = 0;
  let repeated = 0;

  async function sendOne(): Promise<Sent> {
    const n = count++;
    const user = n % USERS;
    const timestamp = new Date(Date.UTC(2026, 0, 1, 12) - Math.floor(n / USERS) * 86_400_000).toISOString().replace('.000Z', 'Z');
    const body = { event: 'activity.completed', activity_id: `act_${user}`, user_id: `usr_${user}`, timestamp };
    const startedAt = performance.now();
    const { status } = await sendInTurn(n, body);
    const one = { user, timestamp, status, ms: performance.now() - startedAt };
    sent.push(one);
    return one;
  }

  async function sendInTurn(n: number, body: object): Promise<ApiAnswer> {
    const urls = addresses();
    const post = (url: string, signal?: AbortSignal) => callApi('POST', `${url}/v1/webhooks/inbound`, { key: systemKey(), body, signal });
    if (urls.length === 1) return post(urls[0]!);
    for (let attempt = 0; ; attempt++) {
      const answer = await post(urls[(n + attempt) % urls.length]!, AbortSignal.timeout(PATIENCE_MS)).catch(() => null);
      if (answer !== null && answer.status !== 503) return answer;
      repeated++;
    }
  }

  return {
    sent,
    /** How many times an address did not answer. */
    repeats: () => repeated,
    sendOne,
    /** `onSent` is called before each. */
    async send(requests: number, connections: number, onSent: (index: number) => void = () => {}): Promise<Sent[]> {
      const first = sent.length;
      let next = 0;
      await Promise.all(Array.from({ length: connections }, async () => {
        while (next < requests) {
          onSent(next++);
          await sendOne();
        }
      }));
      return sent.slice(first);
    },
    /** Sends on at a small rate until told to stop. */
    start() {
      let isOver = false;
      const running = (async () => {
        while (!isOver) {
          await Promise.all([sendOne(), sendOne()]);
          await pause(25);
        }
      })();
      return async () => {
        isOver = true;
        await running;
      };
    },
  };
}

export async function createHabits(stack: Stack, systemKey: string, core = stack.urlOf('behavior-core')): Promise<ApiAnswer[]> {
  const create = (n: number) =>
    callApi('POST', `${core}/v1/activities`, { key: systemKey, body: { id: `act_${n}`, user_id: `usr_${n}`, type: 'habit', name: 'Drink water' } });
  return Promise.all(Array.from({ length: USERS }, (_, n) => create(n)));
}
