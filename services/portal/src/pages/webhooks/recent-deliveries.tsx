import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { list } from '../../api/call.ts';
import type { Delivery } from '../../api/delivery.ts';
import { Card } from '../../components/card.tsx';
import { Moment } from '../../components/moment.tsx';
import { Bones, Empty, Failure } from '../../components/states.tsx';
import { StatusPill } from '../../components/status-pill.tsx';
import classes from './endpoint.module.css';
import { LinkButton } from '../../components/link-button.tsx';

const SHOWN = 6;

export function RecentDeliveries({ endpointId }: { endpointId: string }) {
  const deliveries = useQuery({
    queryKey: ['deliveries', 'recent', endpointId],
    queryFn: async ({ signal }) => (await list<Delivery>('/v1/webhooks/deliveries', { endpoint_id: endpointId, limit: SHOWN }, signal)).data,
    refetchInterval: 3_000,
  });
  const all = <LinkButton to="/settings/developer/deliveries" search={{ endpoint_id: endpointId }} variant="default" size="xs">All deliveries</LinkButton>;
  return (
    <Card title="Recent deliveries" actions={all}>
      {deliveries.isPending && <Bones rows={SHOWN} height={32} />}
      {deliveries.isError && <Failure error={deliveries.error} onRetry={() => deliveries.refetch()} />}
      {deliveries.data?.length === 0 && <Empty title="Nothing was sent yet" isInner>Send a test event, or complete an activity.</Empty>}
      {deliveries.data !== undefined && deliveries.data.length > 0 && (
        <ul className={classes.recent}>
          {deliveries.data.map(({ id, status, event, created_at }) => (
            <li key={id}>
              <StatusPill status={status} />
              <Link to="/settings/developer/deliveries/$deliveryId" params={{ deliveryId: id }} className="mono break">{event}</Link>
              <span className="muted small"><Moment at={created_at} /></span>
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}
