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

/** Completions that are all new: user n mod 10, each round one more day back, so that every one changes state and makes an event. */
export function createInboundLoad(stack: Stack, systemKey: () => string) {
  const sent: Sent[] = [];
  let count = 0;

  async function sendOne(): Promise<Sent> {
    const n = count++;
    const user = n % USERS;
    const timestamp = new Date(Date.UTC(2026, 0, 1, 12) - Math.floor(n / USERS) * 86_400_000).toISOString().replace('.000Z', 'Z');
    const body = { event: 'activity.completed', activity_id: `act_${user}`, user_id: `usr_${user}`, timestamp };
    const startedAt = performance.now();
    const { status } = await callApi('POST', `${stack.urlOf('ingress')}/v1/webhooks/inbound`, { key: systemKey(), body });
    const one = { user, timestamp, status, ms: performance.now() - startedAt };
    sent.push(one);
    return one;
  }

  return {
    sent,
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

export async function createHabits(stack: Stack, systemKey: string): Promise<ApiAnswer[]> {
  const create = (n: number) =>
    callApi('POST', `${stack.urlOf('behavior-core')}/v1/activities`, { key: systemKey, body: { id: `act_${n}`, user_id: `usr_${n}`, type: 'habit', name: 'Drink water' } });
  return Promise.all(Array.from({ length: USERS }, (_, n) => create(n)));
}
