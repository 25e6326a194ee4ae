import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import type { RecordedEvent } from '@waggle/contracts';
import { call, list } from '../../api/call.ts';
import type { Delivery } from '../../api/delivery.ts';
import { endpointsQuery } from '../../api/queries.ts';
import { Card } from '../../components/card.tsx';
import { Column, Columns } from '../../components/columns.tsx';
import { CodeBlock, CopyId } from '../../components/copy.tsx';
import { JsonView } from '../../components/json-view.tsx';
import { Moment } from '../../components/moment.tsx';
import { Page } from '../../components/page.tsx';
import { Bones, Empty, Failure } from '../../components/states.tsx';
import { StatusPill } from '../../components/status-pill.tsx';
import facts from '../webhooks/endpoint.module.css';
import { curlFor } from './curl.ts';
import { entityOf } from './entity.ts';

const TRAIL = ['Settings', 'Developer', <Link key="events" to="/settings/developer/events">Event log</Link>];

export function EventPage() {
  const { eventId } = useParams({ from: '/settings/developer/events/$eventId' });
  const event = useQuery({ queryKey: ['event', eventId], queryFn: ({ signal }) => call<RecordedEvent>(`/v1/events/${eventId}`, { signal }), staleTime: Infinity });
  if (event.data === undefined) return <Page title="Event" trail={TRAIL}>{event.isError ? <Failure error={event.error} onRetry={() => event.refetch()} /> : <Bones rows={3} height={140} />}</Page>;
  const entity = entityOf(event.data);
  const { id, event: type, user_id: user, timestamp, recorded_at: recordedAt } = event.data;
  return (
    <Page title={type} trail={TRAIL} lead={<CopyId id={id} what="event id" />}>
      <Columns wide="left">
        <Card title="Event" about="As webhooks carry it, and when the log took it in."><JsonView text={JSON.stringify(event.data, null, 2)} what="Event" /></Card>
        <Column>
          <Card title="About">
            <dl className={facts.facts}>
              <dt>User</dt>
              <dd><Link className="mono" to="/settings/developer/events" search={{ user_id: user }}>{user}</Link></dd>
              {entity !== null && <><dt>About</dt><dd><Link to="/settings/developer/events" search={{ entity_id: entity.id }}>{entity.name}</Link></dd></>}
              <dt>Happened</dt>
              <dd><Moment at={timestamp} as="full" /></dd>
              <dt>Recorded</dt>
              <dd><Moment at={recordedAt} as="full" /></dd>
            </dl>
            <CodeBlock text={curlFor(location.origin, `/v1/events/${id}`)} what="curl command" isWrapped />
          </Card>
          <Sent event={event.data} />
        </Column>
      </Columns>
    </Page>
  );
}

/** Around the time of its recording: the deliveries of an event are made as it comes. */
const AROUND_MS = 600_000;

function Sent({ event }: { event: RecordedEvent }) {
  const endpoints = useQuery(endpointsQuery);
  const urls = new Map(endpoints.data?.map((endpoint) => [endpoint.id, endpoint.url]));
  const around = (ms: number) => new Date(Date.parse(event.recorded_at) + ms).toISOString();
  const deliveries = useQuery({
    queryKey: ['deliveries', 'of-event', event.id], refetchInterval: 3_000,
    queryFn: async ({ signal }) => {
      const query = { user_id: event.user_id, event_type: event.event, since: around(-AROUND_MS), until: around(AROUND_MS), limit: 200 };
      return (await list<Delivery>('/v1/webhooks/deliveries', query, signal)).data.filter(({ event_id: id }) => id === event.id);
    },
  });
  return (
    <Card title="Deliveries">
      {deliveries.isPending && <Bones rows={2} height={32} />}
      {deliveries.isError && <Failure error={deliveries.error} onRetry={() => deliveries.refetch()} />}
      {deliveries.data?.length === 0 && <Empty title="No endpoint took it" isInner>No endpoint was subscribed to this type then.</Empty>}
      {deliveries.data !== undefined && deliveries.data.length > 0 && (
        <ul className={facts.recent}>
          {deliveries.data.map(({ id, status, endpoint_id: endpointId, created_at: at }) => (
            <li key={id}><StatusPill status={status} /><Link to="/settings/developer/deliveries/$deliveryId" params={{ deliveryId: id }} className="break small">{urls.get(endpointId) ?? id}</Link><span className="muted small"><Moment at={at} /></span></li>
          ))}
        </ul>
      )}
    </Card>
  );
}
