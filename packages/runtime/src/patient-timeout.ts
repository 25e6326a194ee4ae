/**
 * As `setTimeout`, but what is in a socket by then is read first: Node runs timers before it reads, so in a process that was busy an answer that
 * had been there for long would come too late. To be cleared as any time-out; `onTimeout` may run once more after that, and has to bear it.
 */
export function setPatientTimeout(onTimeout: () => void, ms: number): NodeJS.Timeout {
  return setTimeout(() => setImmediate(onTimeout), ms);
}
