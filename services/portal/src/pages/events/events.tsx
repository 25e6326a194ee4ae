import { Button, Menu } from '@mantine/core';
import { useClipboard } from '@mantine/hooks';
import { IconDownload, IconListDetails, IconTerminal2 } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import type { RecordedEvent } from '@waggle/contracts';
import { useCallback, useMemo, useState } from 'react';
import { eventTypesQuery, useMe } from '../../api/queries.ts';
import { ChoiceFilter, FilterBar, LiveSwitch, TextFilter, TimeFilter } from '../../components/filters.tsx';
import { LinkButton } from '../../components/link-button.tsx';
import { Moment } from '../../components/moment.tsx';
import { Page } from '../../components/page.tsx';
import { Bones, Empty, Failure } from '../../components/states.tsx';
import { usePages } from '../../components/use-pages.ts';
import { rowLink, rowUnder, VirtualTable, type Column } from '../../components/virtual-table.tsx';
import { curlFor } from './curl.ts';
import { entityOf } from './entity.ts';
import classes from './events.module.css';
import { exportEvents } from './export-events.ts';
import { useEventTail } from './use-event-tail.ts';

const PATH = '/v1/events';
const FROM = '/settings/developer/events';

export function Events() {
  const search = useSearch({ from: FROM });
  const [isLive, setLive] = useState(true);
  return (
    <Page
      title="Event log" trail={['Settings', 'Developer']} lead="Everything that happened, once and in order. What a webhook missed is here."
      actions={<><CurlButton /><ExportMenu /><LiveSwitch isLive={isLive && search.until === undefined} onChange={setLive} /></>}
    >
      <Filters />
      <List isLive={isLive && search.until === undefined} />
    </Page>
  );
}

function CurlButton() {
  const search = useSearch({ from: FROM });
  const { copy, copied } = useClipboard({ timeout: 2_000 });
  return <Button variant="default" leftSection={<IconTerminal2 size={16} />} onClick={() => copy(curlFor(location.origin, PATH, search))}>{copied ? 'Copied' : 'Copy as curl'}</Button>;
}

function ExportMenu() {
  const { since, until } = useSearch({ from: FROM });
  const [error, setError] = useState<unknown>(null);
  const save = (format: 'ndjson' | 'csv') => exportEvents({ format, since, until }).then(() => setError(null), setError);
  return (
    <>
      <Menu>
        <Menu.Target><Button variant="default" leftSection={<IconDownload size={16} />}>Export</Button></Menu.Target>
        <Menu.Dropdown>
          <Menu.Label>Every event {since === undefined && until === undefined ? 'there is' : 'between Since and Until'}</Menu.Label>
          <Menu.Item onClick={() => void save('ndjson')}>NDJSON, every field</Menu.Item>
          <Menu.Item onClick={() => void save('csv')}>CSV, for spreadsheets</Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {error !== null && <Failure error={error} />}
    </>
  );
}

function Filters() {
  const search = useSearch({ from: FROM });
  const navigate = useNavigate({ from: FROM });
  const isWorkspace = useMe()?.user_id === null;
  const types = useQuery(eventTypesQuery);
  const set = useCallback((name: keyof typeof search) => (value: string | undefined) => void navigate({ search: (before) => ({ ...before, [name]: value }), replace: true }), [navigate]);
  const [setUser, setEntity] = useMemo(() => [set('user_id'), set('entity_id')], [set]);
  const choices = types.data === undefined ? [] : [...new Set(types.data.map(({ name }) => `${name.split('.')[0]}.*`)), ...types.data.map(({ name }) => name)];
  return (
    <FilterBar>
      <ChoiceFilter label="Event type" all="Any event" value={search.event} onChange={set('event')} choices={choices} />
      {isWorkspace && <TextFilter label="User" placeholder="usr_…" value={search.user_id} onChange={setUser} />}
      <TextFilter label="Activity or award" placeholder="act_…" value={search.entity_id} onChange={setEntity} />
      <TimeFilter label="Since" value={search.since} onChange={set('since')} />
      <TimeFilter label="Until" value={search.until} onChange={set('until')} />
    </FilterBar>
  );
}

function List({ isLive }: { isLive: boolean }) {
  const search = useSearch({ from: FROM });
  const filters = useMemo(() => ({ ...search, order: 'desc' }), [search]);
  const { pages, items } = usePages<RecordedEvent>({ path: PATH, filters, pageSize: 200, isTailed: true });
  const queryKey = useMemo(() => [PATH, filters], [filters]);
  const tail = useEventTail({ queryKey, query: search, isOn: isLive && pages.isSuccess });
  const { fetchNextPage } = pages;
  const onEnd = useCallback(() => void fetchNextPage(), [fetchNextPage]);
  if (pages.isPending) return <Bones rows={10} />;
  if (pages.isError && items.length === 0) return <Failure error={pages.error} onRetry={() => pages.refetch()} />;
  return (
    <>
      <Tail state={tail.state} error={tail.error} />
      {items.length === 0
        ? <Nothing isFiltered={Object.keys(search).length > 0} />
        : <VirtualTable label="Events" columns={COLUMNS} items={items} hasMore={pages.hasNextPage} isLoadingMore={pages.isFetchingNextPage} onEnd={onEnd} />}
    </>
  );
}

const TOLD = { connecting: 'Connecting …', live: 'Live: new events appear as they are recorded', waiting: 'The stream broke off; trying again', off: 'Not live' } as const;

function Tail({ state, error }: { state: keyof typeof TOLD; error: unknown }) {
  if (error !== null) return <Failure error={error} />;
  return <div className={classes.live} data-state={state} role="status">{TOLD[state]}</div>;
}

function Nothing({ isFiltered }: { isFiltered: boolean }) {
  if (isFiltered) return <Empty title="No event fits these filters" icon={<IconListDetails size={24} />} action={<LinkButton to={FROM} variant="default">Clear the filters</LinkButton>}>Widen them, or wait: what comes is shown at once.</Empty>;
  return <Empty title="Nothing has happened yet" icon={<IconListDetails size={24} />} action={<LinkButton to="/activities">To the activities</LinkButton>}>Create an activity and complete it, by the API or here: the event appears at once.</Empty>;
}

const COLUMNS: readonly Column<RecordedEvent>[] = [
  {
    title: 'Event', width: 'minmax(0, 1.2fr)',
    cell: ({ id, event, recorded_at: at }) => (
      <><Link className={`${rowLink} mono`} to="/settings/developer/events/$eventId" params={{ eventId: id }}>{event}</Link><span className={rowUnder}><Moment at={at} /></span></>
    ),
  },
  { title: 'User', width: 'minmax(0, 1fr)', cell: ({ user_id: user }) => <span className="mono">{user}</span> },
  { title: 'About', width: 'minmax(0, 1.4fr)', isMinor: true, cell: (event) => <span className="muted">{entityOf(event)?.name ?? ''}</span> },
  { title: 'Recorded', width: '8.5rem', isMinor: true, cell: ({ recorded_at: at }) => <span className="muted"><Moment at={at} /></span> },
];
