import type { LookupAddress, LookupAllOptions } from 'node:dns';

type Answer = (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void;
export type LookupAll = (hostname: string, options: LookupAllOptions, done: Answer) => void;

/**
 * One question in flight per name, whose answer all get who asked meanwhile. A question blocks a thread of Node's pool for as long as the name
 * server is silent: names that are dead would hold all threads, one per attempt, and no other name would be resolved. Nothing is kept: who
 * asks after the answer asks anew, so that what a name is changed to counts at the next connection.
 */
export function shareLookups(lookup: LookupAll): LookupAll {
  const asking = new Map<string, Answer[]>();
  return (hostname, options, done) => {
    const key = `${hostname} ${options.family ?? 0} ${options.hints ?? 0}`;
    const waiting = asking.get(key);
    if (waiting !== undefined) {
      waiting.push(done);
      return;
    }
    const all = [done];
    asking.set(key, all);
    lookup(hostname, { ...options, all: true }, (error, addresses) => {
      asking.delete(key);
      for (const one of all) one(error, addresses);
    });
  };
}
