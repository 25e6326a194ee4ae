import type { EndpointView } from '@waggle/contracts';
import { toDuration, toPercent } from '../../components/format.ts';
import classes from './endpoints.module.css';

/** What ended within the last 24 hours; null when nothing did. */
export function successRate({ delivered_24h: delivered, failed_24h: failed }: EndpointView['stats']): string | null {
  return delivered + failed === 0 ? null : toPercent(delivered, delivered + failed);
}

export function Figure({ value, label }: { value: string; label: string }) {
  return <div className={classes.figure}><strong>{value}</strong><span>{label}</span></div>;
}

export const p95Of = ({ p95_ms: p95 }: EndpointView['stats']) => (p95 === null ? '—' : toDuration(p95));

const REASONS: Readonly<Record<NonNullable<EndpointView['disabled_reason']>, string>> = {
  manual: 'It was switched off by hand. Nothing is sent; what comes meanwhile is kept as skipped and can be replayed.',
  failing: 'Waggle switched it off: only failures for too long. Mend the receiver, send a test, enable it, then replay what was skipped.',
  gone: 'Waggle switched it off: the receiver answered 410 Gone to the last attempt. Enable it if that was a mistake.',
};
export const reasonOf = ({ disabled_reason: reason }: EndpointView) => (reason === null ? null : REASONS[reason]);
