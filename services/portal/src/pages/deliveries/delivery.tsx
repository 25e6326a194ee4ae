import { Button } from '@mantine/core';
import { IconRepeat } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { call } from '../../api/call.ts';
import type { DeliveryDetail } from '../../api/delivery.ts';
import { endpointsQuery } from '../../api/queries.ts';
import { Card } from '../../components/card.tsx';
import { Column, Columns } from '../../components/columns.tsx';
import { CopyId } from '../../components/copy.tsx';
import { JsonView } from '../../components/json-view.tsx';
import { Moment } from '../../components/moment.tsx';
import { Notice } from '../../components/notice.tsx';
import { Page } from '../../components/page.tsx';
import { Bones, Failure } from '../../components/states.tsx';
import { StatusPill } from '../../components/status-pill.tsx';
import facts from '../webhooks/endpoint.module.css';
import { Attempts } from './attempts.tsx';
import { explainAttempt } from './explain-attempt.ts';
import { SentHeaders } from './sent-headers.tsx';
import { VerifyDelivery } from './verify-delivery.tsx';

const TRAIL = ['Settings', 'Developer', <Link key="deliveries" to="/settings/developer/deliveries">Deliveries</Link>];
const isOver = (status: string) => !['pending', 'retrying'].includes(status);

export function DeliveryPage() {
  const { deliveryId } = useParams({ from: '/settings/developer/deliveries/$deliveryId' });
  const delivery = useQuery({
    queryKey: ['delivery', deliveryId], queryFn: ({ signal }) => call<DeliveryDetail>(`/v1/webhooks/deliveries/${deliveryId}`, { signal }),
    refetchInterval: ({ state }) => (state.data !== undefined && isOver(state.data.status) ? 10_000 : 1_000),
  });
  if (delivery.data !== undefined) return <Found delivery={delivery.data} />;
  return <Page title="Delivery" trail={TRAIL}>{delivery.isError ? <Failure error={delivery.error} onRetry={() => delivery.refetch()} /> : <Bones rows={3} height={180} />}</Page>;
}

function Found({ delivery }: { delivery: DeliveryDetail }) {
  const last = delivery.attempts.at(-1);
  return (
    <Page title={delivery.event} trail={TRAIL} lead={<CopyId id={delivery.id} what="delivery id" />} actions={<Retry delivery={delivery} />}>
      {last !== undefined && last.error !== null && delivery.status !== 'succeeded' && <Notice tone="bad">{explainAttempt(last)}</Notice>}
      <Columns wide="right">
        <Column>
          <Facts delivery={delivery} />
          <Card title="Attempts" about="Each is the same bytes with a fresh timestamp."><Attempts delivery={delivery} /></Card>
        </Column>
        <Column>
          <Card title="Body" about="What is signed and sent, laid out here; copied as it was sent."><JsonView text={delivery.body} what="Body" /></Card>
          <SentHeaders delivery={delivery} />
          <VerifyDelivery delivery={delivery} />
        </Column>
      </Columns>
    </Page>
  );
}

function Facts({ delivery: { status, reason, endpoint_id: endpointId, event_id: eventId, user_id: userId, created_at: createdAt, completed_at: completedAt, body } }: { delivery: DeliveryDetail }) {
  const endpoints = useQuery(endpointsQuery);
  const isTest = /"test":true[,}]/.test(body);
  const url = endpoints.data?.find(({ id }) => id === endpointId)?.url ?? endpointId;
  return (
    <Card title="Delivery">
      <dl className={facts.facts}>
        <dt>Status</dt>
        <dd><StatusPill status={status} />{reason !== null && <> <code>{reason}</code></>}</dd>
        <dt>Endpoint</dt>
        <dd><Link to="/settings/developer/webhooks/$endpointId" params={{ endpointId }}>{url}</Link></dd>
        <dt>Event</dt>
        <dd>{isTest ? <>a test, in no log</> : <Link className="mono" to="/settings/developer/events/$eventId" params={{ eventId }}>{eventId}</Link>}</dd>
        <dt>User</dt>
        <dd><Link className="mono" to="/settings/developer/deliveries" search={{ user_id: userId }}>{userId}</Link></dd>
        <dt>Created</dt>
        <dd><Moment at={createdAt} as="full" /></dd>
        <dt>Completed</dt>
        <dd>{completedAt === null ? 'not yet' : <Moment at={completedAt} as="full" />}</dd>
      </dl>
    </Card>
  );
}

/** One attempt more, of a delivery that is over. */
function Retry({ delivery: { id, status } }: { delivery: DeliveryDetail }) {
  const queries = useQueryClient();
  const retry = useMutation({
    mutationFn: () => call(`/v1/webhooks/deliveries/${id}/retry`, { method: 'POST', body: {} }),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['delivery', id] }),
  });
  return (
    <>
      <Button leftSection={<IconRepeat size={16} />} disabled={!isOver(status)} loading={retry.isPending} onClick={() => retry.mutate()}>Retry now</Button>
      {retry.isError && <Failure error={retry.error} />}
    </>
  );
}
