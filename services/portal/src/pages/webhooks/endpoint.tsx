import { Button } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconPlayerPause, IconPlayerPlay, IconTrash } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate, useParams } from '@tanstack/react-router';
import type { EndpointView } from '@waggle/contracts';
import { call } from '../../api/call.ts';
import { endpointQuery } from '../../api/queries.ts';
import { Card } from '../../components/card.tsx';
import { Column, Columns } from '../../components/columns.tsx';
import { Confirm } from '../../components/confirm.tsx';
import { toCount } from '../../components/format.ts';
import { Notice } from '../../components/notice.tsx';
import { Page } from '../../components/page.tsx';
import { Sparkline } from '../../components/sparkline.tsx';
import { Bones, Failure } from '../../components/states.tsx';
import { StatusPill } from '../../components/status-pill.tsx';
import { useNow } from '../../components/use-now.ts';
import classes from './endpoint.module.css';
import { EndpointFacts } from './endpoint-facts.tsx';
import { Figure, isAiling, p95Of, reasonOf, stateOf, successRate } from './health.tsx';
import { Moment } from '../../components/moment.tsx';
import { RecentDeliveries } from './recent-deliveries.tsx';
import { Replay } from './replay.tsx';
import { SigningSecret } from './signing-secret.tsx';
import { TestSend } from './test-send.tsx';
import { useEndpointAction } from './use-endpoint-action.ts';
import { VerifySamples } from './verify-samples.tsx';

const TRAIL = ['Settings', 'Developer', <Link key="webhooks" to="/settings/developer/webhooks">Webhooks</Link>];

export function EndpointPage() {
  const { endpointId } = useParams({ from: '/settings/developer/webhooks/$endpointId' });
  const endpoint = useQuery(endpointQuery(endpointId));
  if (endpoint.data !== undefined) return <Found endpoint={endpoint.data} />;
  return (
    <Page title="Endpoint" trail={TRAIL}>
      {endpoint.isError ? <Failure error={endpoint.error} onRetry={() => endpoint.refetch()} /> : <Bones rows={4} height={140} />}
    </Page>
  );
}

function Found({ endpoint }: { endpoint: EndpointView }) {
  const reason = reasonOf(endpoint);
  return (
    <Page title={endpoint.url} trail={TRAIL} lead={endpoint.description ?? undefined} actions={<Actions endpoint={endpoint} />}>
      <div className={classes.row}><StatusPill status={stateOf(endpoint)} /><span className="muted small"><code>{endpoint.id}</code></span></div>
      {reason !== null && <Notice>{reason}</Notice>}
      {endpoint.paused_until !== null && <Notice>It does not answer, so Waggle leaves it alone until <Moment at={endpoint.paused_until} />. No attempt is used up meanwhile.</Notice>}
      {isAiling(endpoint.stats) && (
        <Notice>
          <strong className="number">{toCount(endpoint.stats.failed_24h)}</strong> deliveries failed for good within 24 hours.{' '}
          <Link to="/settings/developer/deliveries" search={{ endpoint_id: endpoint.id, status: 'failed' }}>Look at them</Link>: each says what your endpoint answered. Once it is mended, replay them below.
        </Notice>
      )}
      <Health endpoint={endpoint} />
      <Columns wide="left">
        <Column>
          <Card title="Test" about="One signed request, now; the answer is shown here. A disabled endpoint can be tested too."><TestSend endpoint={endpoint} /></Card>
          <RecentDeliveries endpointId={endpoint.id} />
          <Card title="Verify every request" about="The secret stays in your configuration."><VerifySamples secret={null} url={endpoint.url} /></Card>
        </Column>
        <Column>
          <SigningSecret endpoint={endpoint} />
          <EndpointFacts endpoint={endpoint} />
          <Card title="Replay" about="Send again what failed or was skipped, with its whole schedule of attempts."><Replay endpointId={endpoint.id} /></Card>
        </Column>
      </Columns>
    </Page>
  );
}

function Health({ endpoint: { stats } }: { endpoint: EndpointView }) {
  const now = useNow(60_000);
  return (
    <Card title="Health" about="The last 24 hours">
      <div className={classes.figures}>
        <Figure value={successRate(stats) ?? '—'} label="success" isBad={isAiling(stats)} />
        <Figure value={toCount(stats.delivered_24h)} label="delivered" />
        <Figure value={toCount(stats.failed_24h)} label="failed" />
        <Figure value={p95Of(stats)} label="p95 of attempts" />
        <Sparkline hours={stats.hours} now={now} />
      </div>
    </Card>
  );
}

function Actions({ endpoint: { id, status } }: { endpoint: EndpointView }) {
  const [enable, disable] = [useEndpointAction(id, { path: '/enable' }), useEndpointAction(id, { path: '/disable' })];
  return (
    <>
      {status === 'enabled'
        ? <Button variant="default" leftSection={<IconPlayerPause size={16} />} loading={disable.isPending} onClick={() => disable.mutate()}>Disable</Button>
        : <Button leftSection={<IconPlayerPlay size={16} />} loading={enable.isPending} onClick={() => enable.mutate()}>Enable</Button>}
      <Removal id={id} />
      {[enable, disable].map(({ error }, index) => error !== null && <Failure key={index} error={error} />)}
    </>
  );
}

function Removal({ id }: { id: string }) {
  const [isOpen, { open, close }] = useDisclosure(false);
  const queries = useQueryClient();
  const navigate = useNavigate();
  const removal = useMutation({
    mutationFn: () => call(`/v1/webhooks/endpoints/${id}`, { method: 'DELETE' }),
    async onSuccess() {
      await navigate({ to: '/settings/developer/webhooks' });
      queries.removeQueries({ queryKey: ['endpoints', id] });
      await queries.invalidateQueries({ queryKey: ['endpoints'] });
    },
  });
  return (
    <>
      <Button variant="default" leftSection={<IconTrash size={16} />} onClick={open}>Delete</Button>
      <Confirm title="Delete this endpoint?" confirmLabel="Delete endpoint" isDangerous isOpen={isOpen} isPending={removal.isPending} onConfirm={() => removal.mutate()} onClose={close}>
        Nothing is sent to it any more, and what is pending is dropped.
        {removal.isError && <Failure error={removal.error} />}
      </Confirm>
    </>
  );
}
