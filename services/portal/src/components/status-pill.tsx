import { toWords } from './format.ts';
import classes from './status-pill.module.css';

const TONES: Readonly<Record<string, string | undefined>> = {
  enabled: classes.good, succeeded: classes.good, awarded: classes.good, done: classes.good, active: classes.good, live: classes.good, in_sync: classes.good,
  failed: classes.bad, rejected: classes.bad, missed: classes.bad, failing: classes.bad, revoked: classes.bad,
  pending: classes.wait, retrying: classes.wait, paused: classes.wait, accepted: classes.wait, snoozed: classes.wait, partial: classes.wait, conflict: classes.wait,
};

/** A state in a word and a colour, never the colour alone. */
export function StatusPill({ status }: { status: string }) {
  return <span className={`${classes.pill} ${TONES[status] ?? classes.idle}`}>{toWords(status)}</span>;
}
