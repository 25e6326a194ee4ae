import { Button, NativeSelect } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { Attempt, EndpointView } from '@waggle/contracts';
import { useState } from 'react';
import { call } from '../../api/call.ts';
import type { DeliveryDetail } from '../../api/delivery.ts';
import { eventTypesQuery } from '../../api/queries.ts';
import { CodeBlock } from '../../components/copy.tsx';
import { toDuration } from '../../components/format.ts';
import { Failure } from '../../components/states.tsx';
import { StatusPill } from '../../components/status-pill.tsx';
import { explainAttempt } from '../deliveries/explain-attempt.ts';
import classes from './test-send.module.css';

/** One attempt while one watches: up to five seconds. */
export function TestSend({ endpoint }: { endpoint: Pick<EndpointView, 'id'> }) {
  const types = useQuery(eventTypesQuery);
  const [type, setType] = useState('activity.completed');
  const sending = useMutation({
    mutationFn: () => call<DeliveryDetail>(`/v1/webhooks/endpoints/${endpoint.id}/test`, { method: 'POST', body: { event_type: type } }),
  });
  return (
    <>
      <div className={classes.form}>
        <NativeSelect className={classes.select} label="Event type" data={types.data?.map(({ name }) => name) ?? [type]} value={type} onChange={(event) => setType(event.currentTarget.value)} />
        <Button onClick={() => sending.mutate()} loading={sending.isPending}>Send test event</Button>
      </div>
      <div className={classes.result} aria-live="polite">
        {sending.isIdle && <span className="muted small">The answer of your endpoint will stand here.</span>}
        {sending.isPending && <span className="muted small">Waiting for your endpoint, five seconds at most …</span>}
        {sending.isError && <Failure error={sending.error} />}
        {sending.data !== undefined && !sending.isPending && <Result delivery={sending.data} />}
      </div>
    </>
  );
}

function Result({ delivery }: { delivery: DeliveryDetail }) {
  const attempt: Attempt | undefined = delivery.attempts.at(-1);
  return (
    <>
      <div className={classes.line}>
        <StatusPill status={delivery.status} />
        {attempt?.status_code !== null && attempt !== undefined && <span>answered <strong>{attempt.status_code}</strong></span>}
        {attempt !== undefined && <span className="muted number">in {toDuration(attempt.duration_ms)}</span>}
        <Link to="/settings/developer/deliveries/$deliveryId" params={{ deliveryId: delivery.id }}>Open the delivery</Link>
      </div>
      {attempt !== undefined && delivery.status !== 'succeeded' && <p>{explainAttempt(attempt)}</p>}
      {attempt?.response_body !== null && attempt !== undefined && attempt.response_body !== '' && <CodeBlock text={attempt.response_body} what="Answer of the endpoint" />}
    </>
  );
}
