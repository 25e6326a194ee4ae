import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { OperationAnswer, RecordedEvent } from '@waggle/contracts';
import type { ReactNode } from 'react';
import { call, list } from '../../api/call.ts';
import type { Delivery } from '../../api/delivery.ts';
import { endpointsQuery } from '../../api/queries.ts';
import { ApiProblem } from '../../api/problem.ts';
import { Moment } from '../../components/moment.tsx';
import { StatusPill } from '../../components/status-pill.tsx';
import classes from './simulator.module.css';

interface JourneyProps {
  answer: OperationAnswer;
  tookMs: number;
  sentAt: string;
  userId: string;
}

const POLL_MS = 300;
/** After that many looks nothing is expected any more within the second. */
const POLLS_MAX = 30;
const CALM_MS = 5_000;
const isOpen = ({ status }: Delivery) => status === 'pending' || status === 'retrying';

/** From the answer over the log to every receiver; each step waits for what it tells. */
export function Journey({ answer: { status, operation_id: operationId, events }, tookMs, sentAt, userId }: JourneyProps) {
  const [event] = events;
  return (
    <ol className={classes.steps}>
      <Step state="done" title="Answered">
        <div className={classes.line}><span>{status} in <strong className="number">{tookMs} ms</strong></span><code className="break muted">{operationId}</code></div>
      </Step>
      {event === undefined
        ? <Step state="done" title="No event"><span className="muted">It was in that state already: nothing has changed, so nothing is told.</span></Step>
        : <><Step state="done" title="Event made"><code className="break">{event.event} {event.id}</code></Step><Recorded eventId={event.id} /><Delivered eventId={event.id} userId={userId} sentAt={sentAt} /></>}
    </ol>
  );
}

function Step({ state, title, children }: { state: 'done' | 'waiting' | 'failed'; title: string; children: ReactNode }) {
  return <li className={classes.step} data-state={state}><strong>{title}</strong>{children}</li>;
}

/** Not there yet is no failure: the log follows within a second. */
function Recorded({ eventId }: { eventId: string }) {
  const event = useQuery({
    queryKey: ['event', eventId], queryFn: ({ signal }) => call<RecordedEvent>(`/v1/events/${eventId}`, { signal }),
    retry: (failures, error) => failures < 40 && error instanceof ApiProblem && error.status === 404, retryDelay: POLL_MS,
  });
  if (event.data === undefined) return <Step state={event.isError ? 'failed' : 'waiting'} title="In the event log">{event.isError ? event.error.message : <span className="muted">waiting …</span>}</Step>;
  return (
    <Step state="done" title="In the event log">
      <div className={classes.line}><span className="muted">recorded <Moment at={event.data.recorded_at} /></span><Link to="/settings/developer/events/$eventId" params={{ eventId }}>Open the event</Link></div>
    </Step>
  );
}

function Delivered({ eventId, userId, sentAt }: { eventId: string; userId: string; sentAt: string }) {
  const endpoints = useQuery(endpointsQuery);
  const since = new Date(Date.parse(sentAt) - 60_000).toISOString();
  const deliveries = useQuery({
    queryKey: ['deliveries', 'of-event', eventId],
    queryFn: async ({ signal }) => (await list<Delivery>('/v1/webhooks/deliveries', { user_id: userId, since, limit: 200 }, signal)).data.filter(({ event_id: id }) => id === eventId),
    refetchInterval: ({ state: { data, dataUpdateCount } }) => (dataUpdateCount > POLLS_MAX || (data !== undefined && data.length > 0 && !data.some(isOpen)) ? CALM_MS : POLL_MS),
  });
  const found = deliveries.data ?? [];
  const state = found.some(({ status }) => status === 'failed') ? 'failed' : found.length > 0 && !found.some(isOpen) ? 'done' : 'waiting';
  return (
    <Step state={state} title="Delivered">
      {found.length === 0 && <span className="muted">{endpoints.data?.length === 0 ? 'There is no endpoint to deliver to: add one under Webhooks.' : 'waiting for endpoints that take this event …'}</span>}
      {found.map(({ id, status, endpoint_id: endpointId }) => (
        <div key={id} className={classes.line}>
          <StatusPill status={status} />
          <Link className="break" to="/settings/developer/deliveries/$deliveryId" params={{ deliveryId: id }}>{endpoints.data?.find((endpoint) => endpoint.id === endpointId)?.url ?? endpointId}</Link>
        </div>
      ))}
    </Step>
  );
}
