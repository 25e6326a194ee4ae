import classes from './sparkline.module.css';

export interface HourCount {
  /** The hour's beginning. */
  hour: string;
  delivered: number;
  failed: number;
}

const HOURS = 24;
const HOUR_MS = 3_600_000;
const [BAR, GAP, HEIGHT] = [6, 2, 36];

/** Deliveries by the hour, this one at the right; failures stand on top in another colour. */
export function Sparkline({ hours, now }: { hours: readonly HourCount[]; now: number }) {
  const bars = lastDay(hours, now);
  const highest = Math.max(1, ...bars.map(({ delivered, failed }) => delivered + failed));
  const [delivered, failed] = [bars.reduce((sum, bar) => sum + bar.delivered, 0), bars.reduce((sum, bar) => sum + bar.failed, 0)];
  return (
    <svg className={classes.bars} viewBox={`0 0 ${HOURS * (BAR + GAP) - GAP} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={`Last 24 hours: ${delivered} delivered, ${failed} failed`}>
      {bars.map((bar, index) => <Bar key={index} bar={bar} x={index * (BAR + GAP)} highest={highest} />)}
    </svg>
  );
}

function Bar({ bar: { hour, delivered, failed }, x, highest }: { bar: HourCount; x: number; highest: number }) {
  const heightOf = (count: number) => (count === 0 ? 0 : Math.max(2, (count / highest) * HEIGHT));
  const [good, bad] = [heightOf(delivered), heightOf(failed)];
  if (delivered + failed === 0) return <rect className={classes.none} x={x} y={HEIGHT - 1.5} width={BAR} height={1.5} />;
  return (
    <g>
      <title>{`${new Date(hour).toLocaleTimeString(undefined, { hour: '2-digit', minute: '2-digit' })}: ${delivered} delivered, ${failed} failed`}</title>
      {good > 0 && <rect className={classes.good} x={x} y={HEIGHT - good} width={BAR} height={good} rx={1} />}
      {bad > 0 && <rect className={classes.bad} x={x} y={Math.max(0, HEIGHT - good - bad)} width={BAR} height={bad} rx={1} />}
    </g>
  );
}

function lastDay(hours: readonly HourCount[], now: number): HourCount[] {
  const known = new Map(hours.map((hour) => [Math.floor(Date.parse(hour.hour) / HOUR_MS), hour]));
  const current = Math.floor(now / HOUR_MS);
  return Array.from({ length: HOURS }, (_, index) => {
    const hour = current - (HOURS - 1) + index;
    return known.get(hour) ?? { hour: new Date(hour * HOUR_MS).toISOString(), delivered: 0, failed: 0 };
  });
}
