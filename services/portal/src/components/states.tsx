import { Button, Skeleton } from '@mantine/core';
import type { ReactNode } from 'react';
import { ApiProblem } from '../api/problem.ts';
import classes from './states.module.css';

interface EmptyProps {
  title: string;
  /** What to do next. */
  children: ReactNode;
  icon?: ReactNode;
  action?: ReactNode;
  /** Inside a card, which has a frame already. */
  isInner?: boolean;
}

export function Empty({ title, children, icon, action, isInner = false }: EmptyProps) {
  return (
    <div className={isInner ? `${classes.empty} ${classes.inner}` : classes.empty}>
      {icon !== undefined && <div className={classes.icon} aria-hidden="true">{icon}</div>}
      <h3>{title}</h3>
      <div className={classes.text}>{children}</div>
      {action}
    </div>
  );
}

interface FailureProps {
  error: unknown;
  onRetry?: () => unknown;
}

/** In the API's own words, with what the operator needs to find the request. */
export function Failure({ error, onRetry }: FailureProps) {
  const problem = error instanceof ApiProblem ? error : null;
  return (
    <div className={classes.error} role="alert">
      <div className={classes.words}>
        <strong>{problem?.title ?? 'Something went wrong'}</strong>
        {error instanceof Error && error.message !== problem?.title && <div>{error.message}</div>}
        {problem?.faults.map(({ path, message }) => <div key={path}><code>{path}</code> {message}</div>)}
        {problem !== null && problem.status > 0 && (
          <div className="small">
            <a href={`/docs/problems/${problem.code}`} target="_blank" rel="noreferrer"><code>{problem.code}</code></a>
            {problem.requestId !== null && <> · request <code className="break">{problem.requestId}</code></>}
          </div>
        )}
      </div>
      {onRetry !== undefined && <Button size="xs" variant="default" onClick={() => void onRetry()}>Try again</Button>}
    </div>
  );
}

/** As high as what will come, so that nothing moves when it does. */
export function Bones({ rows, height = 44 }: { rows: number; height?: number }) {
  return (
    <div className={classes.bones} role="status" aria-label="Loading">
      {Array.from({ length: rows }, (_, index) => <Skeleton key={index} height={height} radius="md" />)}
    </div>
  );
}
