import { IconPlus, IconWebhook } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { EndpointView } from '@waggle/contracts';
import { endpointsQuery } from '../../api/queries.ts';
import { Page } from '../../components/page.tsx';
import { Sparkline } from '../../components/sparkline.tsx';
import { Bones, Empty, Failure } from '../../components/states.tsx';
import { StatusPill } from '../../components/status-pill.tsx';
import { useNow } from '../../components/use-now.ts';
import classes from './endpoints.module.css';
import { Figure, isAiling, p95Of, stateOf, successRate } from './health.tsx';
import { LinkButton } from '../../components/link-button.tsx';

export function Endpoints() {
  const endpoints = useQuery(endpointsQuery);
  const add = <LinkButton to="/settings/developer/webhooks/new" leftSection={<IconPlus size={17} />}>Add endpoint</LinkButton>;
  return (
    <Page
      title="Webhooks" trail={['Settings', 'Developer']} actions={add}
      lead="Waggle posts what happens to your endpoints, signed, and tries again three times when they do not answer 200 within five seconds."
    >
      {endpoints.isPending && <Bones rows={3} height={92} />}
      {endpoints.isError && <Failure error={endpoints.error} onRetry={() => endpoints.refetch()} />}
      {endpoints.data?.length === 0 && (
        <Empty title="No endpoint yet" icon={<IconWebhook size={24} />} action={add}>
          Add the HTTPS URL of your receiver and choose which events it gets. You can send it a test event right away.
        </Empty>
      )}
      {endpoints.data !== undefined && endpoints.data.length > 0 && <List endpoints={endpoints.data} />}
    </Page>
  );
}

function List({ endpoints }: { endpoints: readonly EndpointView[] }) {
  const now = useNow(60_000);
  return <ul className={classes.list}>{endpoints.map((endpoint) => <Item key={endpoint.id} endpoint={endpoint} now={now} />)}</ul>;
}

const CHIPS_MAX = 3;

function Item({ endpoint, now }: { endpoint: EndpointView; now: number }) {
  const { id, url, description, event_types: types, stats } = endpoint;
  return (
    <li className={classes.item}>
      <div className={classes.main}>
        <div className={classes.chips}>
          <Link to="/settings/developer/webhooks/$endpointId" params={{ endpointId: id }} className={classes.url}>{url}</Link>
          <StatusPill status={stateOf(endpoint)} />
        </div>
        {description !== null && <div className="muted small break">{description}</div>}
        <div className={classes.chips}>
          {types.slice(0, CHIPS_MAX).map((type) => <span key={type} className={classes.chip}>{type}</span>)}
          {types.length > CHIPS_MAX && <span className="muted small">and {types.length - CHIPS_MAX} more</span>}
        </div>
      </div>
      <Figure value={successRate(stats) ?? '—'} label="success, 24 h" isBad={isAiling(stats)} />
      <Figure value={p95Of(stats)} label="p95" />
      <div className={classes.spark}><Sparkline hours={stats.hours} now={now} /></div>
    </li>
  );
}
