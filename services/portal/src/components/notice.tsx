import type { ReactNode } from 'react';
import classes from './notice.module.css';

/** What one should read first. */
export function Notice({ tone = 'wait', role = 'note', children }: { tone?: 'good' | 'bad' | 'wait'; role?: 'note' | 'status'; children: ReactNode }) {
  return <p className={`${classes.notice} ${classes[tone]}`} role={role}>{children}</p>;
}
