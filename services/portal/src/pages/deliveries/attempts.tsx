import type { Attempt, DeliveryDetail } from '../../api/delivery.ts';
import { CodeBlock } from '../../components/copy.tsx';
import { toDuration, toRemaining } from '../../components/format.ts';
import { Moment } from '../../components/moment.tsx';
import { Empty } from '../../components/states.tsx';
import { useNow } from '../../components/use-now.ts';
import classes from './delivery.module.css';
import { explainAttempt } from './explain-attempt.ts';

export function Attempts({ delivery }: { delivery: DeliveryDetail }) {
  const { attempts, next_attempt_at: nextAt } = delivery;
  if (attempts.length === 0 && nextAt === null) return <Empty title="No attempt was made" isInner>{delivery.reason === null ? 'The first one is about to begin.' : `Because: ${delivery.reason}. A retry or a replay sends it.`}</Empty>;
  return (
    <ol className={classes.line}>
      {attempts.map((attempt) => <Made key={`${attempt.number} ${attempt.started_at}`} attempt={attempt} />)}
      {nextAt !== null && <Planned at={nextAt} number={delivery.attempt_count + 1} />}
    </ol>
  );
}

function Made({ attempt }: { attempt: Attempt }) {
  const { number, started_at: startedAt, duration_ms: duration, status_code: status, error, response_body: body } = attempt;
  return (
    <li className={`${classes.attempt} ${error === null ? classes.good : classes.bad}`}>
      <div className={classes.head}>
        <strong>Attempt {number}</strong>
        <span>{status === null ? <code>{error}</code> : `answered ${status}`}</span>
        <span className="muted number">{toDuration(duration)}</span>
        <span className="muted small"><Moment at={startedAt} /></span>
      </div>
      {error !== null && <div className="muted">{explainAttempt(attempt)}</div>}
      {body !== null && body !== '' && <CodeBlock text={body} what={`Answer to attempt ${number}`} />}
    </li>
  );
}

function Planned({ at, number }: { at: string; number: number }) {
  const remainingMs = Date.parse(at) - useNow(1_000);
  return (
    <li className={`${classes.attempt} ${classes.next}`}>
      <div className={classes.head}>
        <strong>Attempt {number}</strong>
        <span className="number">{remainingMs > 0 ? `in ${toRemaining(remainingMs)}` : 'now'}</span>
        <span className="muted small"><Moment at={at} /></span>
      </div>
    </li>
  );
}
