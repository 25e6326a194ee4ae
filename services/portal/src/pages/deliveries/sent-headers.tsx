import { useQuery } from '@tanstack/react-query';
import type { DeliveryDetail } from '../../api/delivery.ts';
import { endpointsQuery } from '../../api/queries.ts';
import { Card } from '../../components/card.tsx';
import { CodeBlock } from '../../components/copy.tsx';

/** What is not kept, because it is made anew for each attempt from the secrets valid then; from the secret it is computed again, below. */
const SIGNED = '(see below)';

export function SentHeaders({ delivery }: { delivery: DeliveryDetail }) {
  const endpoints = useQuery(endpointsQuery);
  const own = Object.entries(endpoints.data?.find(({ id }) => id === delivery.endpoint_id)?.headers ?? {});
  const last = delivery.attempts.at(-1);
  const lines = [
    ['Content-Type', 'application/json'],
    ['User-Agent', 'Waggle-Webhooks/1'],
    ['X-Buffy-Event', delivery.event],
    ['X-Buffy-Delivery', delivery.id],
    ['X-Buffy-Attempt', String(last?.number ?? 1)],
    ['X-Buffy-Signature', SIGNED],
    ['webhook-id', delivery.event_id],
    ['webhook-timestamp', last === undefined ? '(the attempt’s time)' : String(Math.floor(Date.parse(last.started_at) / 1_000))],
    ['webhook-signature', SIGNED],
    ...own,
  ];
  return (
    <Card title="Headers" about="As the last attempt carried them, with the endpoint’s own headers of today. Signatures are computed below.">
      <CodeBlock text={lines.map(([name, value]) => `${name}: ${value}`).join('\n')} what="Headers" />
    </Card>
  );
}
