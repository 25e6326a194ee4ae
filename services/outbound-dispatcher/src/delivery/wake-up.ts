/** A pause that ends sooner when something is due sooner. */
export function createWakeUp() {
  let dueAt = Infinity;
  let timer: NodeJS.Timeout | undefined;
  let wake: (() => void) | undefined;

  function arm() {
    clearTimeout(timer);
    timer = setTimeout(() => wake?.(), Math.max(0, dueAt - performance.now()));
  }

  return {
    notLaterThan(time: number) {
      if (time >= dueAt) return;
      dueAt = time;
      if (wake !== undefined) arm();
    },
    async after(delayMs: number): Promise<void> {
      const { promise, resolve } = Promise.withResolvers<void>();
      wake = resolve;
      dueAt = Math.min(dueAt, performance.now() + delayMs);
      arm();
      await promise;
      wake = undefined;
      dueAt = Infinity;
    },
  };
}
