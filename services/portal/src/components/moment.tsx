import { toExact, toMoment, toRelative } from './format.ts';
import { useNow } from './use-now.ts';

interface MomentProps {
  at: string;
  /** `clock`: by the clock; `ago`: from now; `full`: day and time. */
  as?: 'clock' | 'ago' | 'full';
}

/** A time in the viewer's zone; the exact UTC is told on hover. */
export function Moment({ at, as = 'clock' }: MomentProps) {
  if (as === 'ago') return <Ago at={at} />;
  return <time className="number" dateTime={at} title={`${at} (UTC)`}>{as === 'full' ? toExact(at) : toMoment(at)}</time>;
}

function Ago({ at }: { at: string }) {
  const now = useNow(10_000);
  return <time className="number" dateTime={at} title={`${at} (UTC)`}>{toRelative(at, now)}</time>;
}
