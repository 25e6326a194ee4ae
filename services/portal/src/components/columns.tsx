import type { ReactNode } from 'react';
import classes from './columns.module.css';

/** Side by side, or one below the other where there is little room. Its children are `Column`s or single cards. */
export function Columns({ wide, children }: { wide?: 'left' | 'right'; children: ReactNode }) {
  return <div className={classes.columns} data-wide={wide}>{children}</div>;
}

export function Column({ children }: { children: ReactNode }) {
  return <div className={classes.column}>{children}</div>;
}
