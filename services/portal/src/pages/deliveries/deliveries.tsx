import { IconSend } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback, useMemo, useState } from 'react';
import type { Delivery } from '../../api/delivery.ts';
import { endpointsQuery, eventTypesQuery, useMe } from '../../api/queries.ts';
import { ChoiceFilter, FilterBar, LiveSwitch, TextFilter, TimeFilter } from '../../components/filters.tsx';
import { toWords } from '../../components/format.ts';
import { Moment } from '../../components/moment.tsx';
import { Page } from '../../components/page.tsx';
import { Bones, Empty, Failure } from '../../components/states.tsx';
import { StatusPill } from '../../components/status-pill.tsx';
import { useLiveList } from '../../components/use-live-list.ts';
import { rowLink, rowUnder, VirtualTable, type Column } from '../../components/virtual-table.tsx';
import { Replay } from '../webhooks/replay.tsx';
import { Card } from '../../components/card.tsx';
import { LinkButton } from '../../components/link-button.tsx';

const LIVE_INTERVAL_MS = 2_000;

export function Deliveries() {
  const search = useSearch({ from: '/settings/developer/deliveries' });
  const [isLive, setLive] = useState(true);
  return (
    <Page title="Deliveries" trail={['Settings', 'Developer']} lead="Every event for every endpoint, newest first, with what came of it." actions={<LiveSwitch isLive={isLive} onChange={setLive} />}>
      <Filters />
      {search.endpoint_id !== undefined && (search.status === 'failed' || search.status === 'skipped') && (
        <Card title="Replay" about="Send again what failed or was skipped at this endpoint, with its whole schedule of attempts."><Replay endpointId={search.endpoint_id} /></Card>
      )}
      <List isLive={isLive} />
    </Page>
  );
}

const STATUSES = ['pending', 'retrying', 'succeeded', 'failed', 'skipped'];

function Filters() {
  const search = useSearch({ from: '/settings/developer/deliveries' });
  const navigate = useNavigate({ from: '/settings/developer/deliveries' });
  const isWorkspace = useMe()?.user_id === null;
  const [endpoints, types] = [useQuery(endpointsQuery), useQuery(eventTypesQuery)];
  const set = useCallback((name: keyof typeof search) => (value: string | undefined) => void navigate({ search: (before) => ({ ...before, [name]: value }), replace: true }), [navigate]);
  const setUser = useMemo(() => set('user_id'), [set]);
  return (
    <FilterBar>
      <ChoiceFilter label="Endpoint" all="All endpoints" value={search.endpoint_id} onChange={set('endpoint_id')} choices={endpoints.data?.map(({ id, url }) => ({ value: id, label: url })) ?? []} />
      <ChoiceFilter label="Status" all="Any status" value={search.status} onChange={set('status')} choices={STATUSES} />
      <ChoiceFilter label="Event type" all="Any event" value={search.event_type} onChange={set('event_type')} choices={types.data?.map(({ name }) => name) ?? []} />
      {isWorkspace && <TextFilter label="User" placeholder="usr_…" value={search.user_id} onChange={setUser} />}
      <TimeFilter label="Since" value={search.since} onChange={set('since')} />
      <TimeFilter label="Until" value={search.until} onChange={set('until')} />
    </FilterBar>
  );
}

function List({ isLive }: { isLive: boolean }) {
  const search = useSearch({ from: '/settings/developer/deliveries' });
  const endpoints = useQuery(endpointsQuery);
  const { items, pages } = useLiveList<Delivery>({ path: '/v1/webhooks/deliveries', filters: search, intervalMs: LIVE_INTERVAL_MS, isLive });
  const columns = useMemo(() => columnsFor(new Map(endpoints.data?.map(({ id, url }) => [id, url]))), [endpoints.data]);
  const { fetchNextPage } = pages;
  const onEnd = useCallback(() => void fetchNextPage(), [fetchNextPage]);
  if (pages.isPending) return <Bones rows={10} />;
  if (pages.isError && items.length === 0) return <Failure error={pages.error} onRetry={() => pages.refetch()} />;
  if (items.length === 0) return <Nothing isFiltered={Object.keys(search).length > 0} />;
  return (
    <>
      {pages.isError && <Failure error={pages.error} onRetry={() => pages.fetchNextPage()} />}
      <VirtualTable label="Deliveries" columns={columns} items={items} hasMore={pages.hasNextPage} isLoadingMore={pages.isFetchingNextPage} onEnd={onEnd} />
    </>
  );
}

function Nothing({ isFiltered }: { isFiltered: boolean }) {
  if (isFiltered) {
    const reset = <LinkButton to="/settings/developer/deliveries" search={{}} variant="default">Clear the filters</LinkButton>;
    return <Empty title="No delivery fits these filters" icon={<IconSend size={24} />} action={reset}>Widen them, or clear them to see everything.</Empty>;
  }
  const add = <LinkButton to="/settings/developer/webhooks">To the endpoints</LinkButton>;
  return <Empty title="Nothing was delivered yet" icon={<IconSend size={24} />} action={add}>Add an endpoint and send it a test event, or let something happen: it will be here within a second.</Empty>;
}

/** How often it was tried, and what comes next or why nothing does. */
function Progress({ delivery: { attempt_count: count, next_attempt_at: nextAt, reason } }: { delivery: Delivery }) {
  return (
    <>
      <span className="number">{count}</span>
      {nextAt !== null && <span className="muted small">, next <Moment at={nextAt} as="ago" /></span>}
      {reason !== null && <span className="muted small">, {toWords(reason)}</span>}
    </>
  );
}

function columnsFor(urls: ReadonlyMap<string, string>): Column<Delivery>[] {
  return [
    { title: 'Status', width: '6.75rem', cell: ({ status }) => <StatusPill status={status} /> },
    {
      title: 'Event', width: 'minmax(0, 1.2fr)',
      cell: ({ id, event, created_at: at }) => (
        <><Link className={`${rowLink} mono`} to="/settings/developer/deliveries/$deliveryId" params={{ deliveryId: id }}>{event}</Link><span className={rowUnder}><Moment at={at} /></span></>
      ),
    },
    { title: 'User', width: 'minmax(0, 1fr)', isMinor: true, cell: ({ user_id }) => <span className="mono">{user_id}</span> },
    { title: 'Endpoint', width: 'minmax(0, 1.6fr)', isMinor: true, cell: ({ endpoint_id: id }) => <span className="muted small" title={urls.get(id)}>{urls.get(id) ?? id}</span> },
    { title: 'Attempts', width: '8rem', isMinor: true, cell: (delivery) => <Progress delivery={delivery} /> },
    { title: 'Created', width: '8.5rem', isMinor: true, cell: ({ created_at: at }) => <span className="muted"><Moment at={at} /></span> },
  ];
}
