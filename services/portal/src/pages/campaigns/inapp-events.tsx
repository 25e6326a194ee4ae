import { Modal } from '@mantine/core';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback, useMemo, useState } from 'react';
import { ChoiceFilter, FilterBar, TextFilter } from '../../components/filters.tsx';
import { Card } from '../../components/card.tsx';
import { DataTable } from '../../components/data-table.tsx';
import { toCount, toWords } from '../../components/format.ts';
import { JsonView } from '../../components/json-view.tsx';
import { Listing } from '../../components/listing.tsx';
import { Moment } from '../../components/moment.tsx';
import { Empty } from '../../components/states.tsx';
import { StatusPill } from '../../components/status-pill.tsx';
import { usePages } from '../../components/use-pages.ts';
import { pathOf, type InappEventView } from './types.ts';
import classes from './campaigns.module.css';

const FROM = '/campaigns/$campaignId';
const REFRESH_MS = 2_000;

/** What a reason means to who wonders where the points are. */
const REASONS: Readonly<Record<string, string>> = {
  already_awarded: 'This wallet has it already, as often as the task allows.',
  cap_reached: 'The task has been awarded as often as it may be.',
  outside_window: 'It happened outside the dates of the task or the campaign.',
  campaign_not_active: 'The campaign is a draft, or over.',
  no_active_mapping: 'No active mapping leads from this event type to a task.',
  campaign_not_found: 'The key belongs to another workspace.',
};

export function InappEvents({ campaignId }: { campaignId: number }) {
  const { status, event_type, wallet, environment, event_id } = useSearch({ from: FROM });
  const filters = useMemo(() => ({ status, event_type, wallet, environment, event_id }), [status, event_type, wallet, environment, event_id]);
  const { pages, items } = usePages<InappEventView>({ path: `${pathOf(campaignId)}/inapp-events`, filters, intervalMs: REFRESH_MS });
  const [shown, setShown] = useState<InappEventView | null>(null);
  return (
    <>
      <Filters />
      <Card title="In-app events" about="Every event that was accepted, and what came of it.">
        <Listing pages={pages} isEmpty={items.length === 0} empty={<Empty title="No event" isInner>Send one with the event signer, or from your app; it appears here with its status.</Empty>}>
          <EventTable items={items} onShow={setShown} />
        </Listing>
      </Card>
      <Modal opened={shown !== null} onClose={() => setShown(null)} title={shown?.event_id} size="lg" lockScroll={false} closeButtonProps={{ 'aria-label': 'Close' }}>{shown !== null && <Detail event={shown} />}</Modal>
    </>
  );
}

function EventTable({ items, onShow }: { items: readonly InappEventView[]; onShow(event: InappEventView): void }) {
  const columns = [
    { title: 'Status', cell: ({ processing_status: status, conflict }: InappEventView) => <span className={classes.row}><StatusPill status={status} />{conflict && <StatusPill status="conflict" />}</span> },
    { title: 'Event', cell: (event: InappEventView) => <a href={`#${event.id}`} onClick={(click) => { click.preventDefault(); onShow(event); }} className="mono break">{event.event_id}</a> },
    { title: 'Type', cell: ({ event_type: type }: InappEventView) => <code>{type}</code> },
    { title: 'Wallet', cell: ({ wallet }: InappEventView) => <code title={wallet}>{wallet.slice(0, 8)}…{wallet.slice(-4)}</code> },
    { title: 'What came of it', cell: ({ reason, awards }: InappEventView) => (reason === null ? <strong className="number">{toCount(awards.reduce((sum, { points }) => sum + points, 0))} points</strong> : <span title={REASONS[reason]}>{toWords(reason)}</span>) },
    { title: 'Received', cell: ({ received_at: at }: InappEventView) => <span className="muted"><Moment at={at} /></span> },
  ];
  return <DataTable label="In-app events" columns={columns} items={items} keyOf={({ id }) => id} />;
}

function Detail({ event }: { event: InappEventView }) {
  return (
    <div className={classes.stack}>
      <div className={classes.row}><StatusPill status={event.processing_status} /><StatusPill status={event.environment} /><code className="muted break">{event.id}</code></div>
      {event.reason !== null && <p>{REASONS[event.reason]}</p>}
      {event.conflict && <p>The same event id came again with another body. This one, the first, stands.</p>}
      {event.awards.map(({ id, points }) => <p key={id}><strong className="number">{toCount(points)} points</strong> <code className="break">{id}</code></p>)}
      <p className="muted small">Occurred <Moment at={event.occurred_at} as="full" />, received <Moment at={event.received_at} as="full" />, processed <Moment at={event.processed_at} as="full" /></p>
      <JsonView text={event.body} what="Body" />
    </div>
  );
}

function Filters() {
  const search = useSearch({ from: FROM });
  const navigate = useNavigate({ from: FROM });
  const set = useCallback((name: keyof typeof search) => (value: string | undefined) => void navigate({ search: (before) => ({ ...before, [name]: value }), replace: true }), [navigate]);
  const [setType, setWallet, setEvent] = useMemo(() => [set('event_type'), set('wallet'), set('event_id')], [set]);
  return (
    <FilterBar>
      <ChoiceFilter label="Status" all="Any status" choices={['accepted', 'awarded', 'no_award', 'rejected']} value={search.status} onChange={set('status')} />
      <ChoiceFilter label="Environment" all="Both" choices={['live', 'test']} value={search.environment} onChange={set('environment')} />
      <TextFilter label="Type" placeholder="purchase_…" value={search.event_type} onChange={setType} />
      <TextFilter label="Wallet" placeholder="0x…" value={search.wallet} onChange={setWallet} />
      <TextFilter label="Event id" placeholder="evt_…" value={search.event_id} onChange={setEvent} />
    </FilterBar>
  );
}
