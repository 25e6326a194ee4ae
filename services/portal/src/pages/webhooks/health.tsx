import type { EndpointView } from '@waggle/contracts';
import { toDuration, toPercent } from '../../components/format.ts';
import classes from './endpoints.module.css';

/** What ended within the last 24 hours; null when nothing did. */
export function successRate({ delivered_24h: delivered, failed_24h: failed }: EndpointView['stats']): string | null {
  return delivered + failed === 0 ? null : toPercent(delivered, delivered + failed);
}

export function Figure({ value, label, isBad = false }: { value: string; label: string; isBad?: boolean }) {
  return <div className={isBad ? `${classes.figure} ${classes.bad}` : classes.figure}><strong>{value}</strong><span>{label}</span></div>;
}

const GOOD_SHARE = 0.95;
/** So much fails that somebody should look. */
export const isAiling = ({ delivered_24h: delivered, failed_24h: failed }: EndpointView['stats']) => failed > 0 && delivered / (delivered + failed) < GOOD_SHARE;

/** What one sees at a glance: an endpoint that is enabled and does not answer is no good sign. */
export function stateOf({ status, paused_until: pausedUntil, stats }: EndpointView): string {
  if (status === 'disabled') return 'disabled';
  if (pausedUntil !== null) return 'paused';
  return isAiling(stats) ? 'failing' : 'enabled';
}

export const p95Of = ({ p95_ms: p95 }: EndpointView['stats']) => (p95 === null ? '—' : toDuration(p95));

const REASONS: Readonly<Record<NonNullable<EndpointView['disabled_reason']>, string>> = {
  manual: 'It was switched off by hand. Nothing is sent; what comes meanwhile is kept as skipped and can be replayed.',
  failing: 'Waggle switched it off: only failures for too long. Mend the receiver, send a test, enable it, then replay what was skipped.',
  gone: 'Waggle switched it off: the receiver answered 410 Gone to the last attempt. Enable it if that was a mistake.',
};
export const reasonOf = ({ disabled_reason: reason }: EndpointView) => (reason === null ? null : REASONS[reason]);
