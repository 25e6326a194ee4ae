/** At least so many rests, however quick everything is: what a turn of bulk sets off needs the machine too. */
const RESTS_MIN = 1;
/** One in so many may be slow. */
const SLOW_ONE_IN = 100;
/** What one that is slow does; all the others take it back bit by bit. */
const GROWTH = 1.5;
const DECLINE = GROWTH ** (-1 / (SLOW_ONE_IN - 1));

export interface RestsSettings {
  /** What takes longer is slow, ms. */
  slowMs: number;
  /** Bulk has to get on, whatever makes others slow. */
  restsMax: number;
}

/**
 * How many times as long as it has worked bulk rests: as often as keeps all but one in a hundred of the others from being slow. A machine
 * with room to spare is used, on a full one bulk takes its time. Careful at first.
 */
export function createRestsPerWork({ slowMs, restsMax }: RestsSettings) {
  let rests = restsMax;
  return {
    current: (): number => rests,
    /** So long has one of the others taken. */
    learn(tookMs: number): void {
      rests = Math.min(Math.max(rests * (tookMs > slowMs ? GROWTH : DECLINE), RESTS_MIN), restsMax);
    },
  };
}
