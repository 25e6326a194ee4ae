import { IconPlayerPlay } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import type { ActivityView, RecordedEvent } from '@waggle/contracts';
import { call, list } from '../../api/call.ts';
import { Card } from '../../components/card.tsx';
import { Columns } from '../../components/columns.tsx';
import { CopyId } from '../../components/copy.tsx';
import { toPercent } from '../../components/format.ts';
import { LinkButton } from '../../components/link-button.tsx';
import { Moment } from '../../components/moment.tsx';
import { Page } from '../../components/page.tsx';
import { Bones, Failure } from '../../components/states.tsx';
import { StatusPill } from '../../components/status-pill.tsx';
import { Figure } from '../webhooks/health.tsx';
import endpointClasses from '../webhooks/endpoint.module.css';
import { Actions } from './activity-card.tsx';
import { Calendar } from './calendar.tsx';
import { historyOf } from './history.ts';

export function ActivityPage() {
  const { activityId } = useParams({ from: '/activities/$activityId' });
  const activity = useQuery({ queryKey: ['activities', activityId], queryFn: ({ signal }) => call<ActivityView>(`/v1/activities/${activityId}`, { signal }), refetchInterval: 5_000 });
  const trail = ['Behavior', <Link key="activities" to="/activities" search={activity.data === undefined ? {} : { user_id: activity.data.user_id }}>Activities</Link>];
  if (activity.data === undefined) return <Page title="Activity" trail={trail}>{activity.isError ? <Failure error={activity.error} onRetry={() => activity.refetch()} /> : <Bones rows={3} height={140} />}</Page>;
  const { id, user_id, name, type, today } = activity.data;
  const simulate = <LinkButton to="/activities/simulator" search={{ user_id, activity_id: id }} variant="default" leftSection={<IconPlayerPlay size={16} />}>Simulate</LinkButton>;
  return (
    <Page title={name} trail={trail} lead={<>{type} of <code>{user_id}</code> · <CopyId id={id} what="activity id" /></>} actions={simulate}>
      <Card title="Today" about={today.date} actions={<StatusPill status={today.state} />}>
        <Figures activity={activity.data} />
        <Actions activity={activity.data} />
      </Card>
      <Columns wide="left">
        <History activity={activity.data} />
        <Definition activity={activity.data} />
      </Columns>
    </Page>
  );
}

function Figures({ activity: { streak, completion_rate_30d: rate } }: { activity: ActivityView }) {
  return (
    <div className={endpointClasses.figures}>
      <Figure value={streak === null ? '—' : String(streak.current)} label="in a row" />
      <Figure value={streak === null ? '—' : String(streak.longest)} label="longest streak" />
      <Figure value={rate === null ? '—' : toPercent(Math.round(rate * 1_000), 1_000)} label="done, 30 days" />
    </div>
  );
}

function History({ activity: { id, today, version } }: { activity: ActivityView }) {
  const events = useQuery({
    queryKey: ['activities', id, 'history', version, today.state],
    // Newest first, since only they matter; then the other way round, as they happened.
    queryFn: async ({ signal }) => (await list<RecordedEvent>('/v1/events', { entity_id: id, order: 'desc', limit: 200 }, signal)).data.toReversed(),
    placeholderData: (before) => before,
  });
  return (
    <Card title="History" about="The user’s local days, from the event log.">
      {events.isPending && <Bones rows={1} height={140} />}
      {events.isError && <Failure error={events.error} onRetry={() => events.refetch()} />}
      {events.data !== undefined && <Calendar days={historyOf(events.data)} today={today.date} />}
    </Card>
  );
}

function Definition({ activity: { type, schedule, channels, steps, status, version, created_at: createdAt } }: { activity: ActivityView }) {
  return (
    <Card title="Definition">
      <dl className={endpointClasses.facts}>
        <dt>Status</dt>
        <dd>{status}, version {version}</dd>
        <dt>Recurrence</dt>
        <dd>{schedule.recurrence === null ? (type === 'task' ? 'once' : 'every day') : <code>{schedule.recurrence}</code>}</dd>
        <dt>Window</dt>
        <dd>{schedule.window === null ? 'all day' : `${schedule.window.start}–${schedule.window.end}`}</dd>
        {schedule.due_at !== null && <><dt>Due</dt><dd><Moment at={schedule.due_at} as="full" /></dd></>}
        <dt>Channels</dt>
        <dd>{channels.length === 0 ? 'none' : channels.join(', ')}</dd>
        {steps.length > 0 && <><dt>Steps</dt><dd>{steps.map(({ id, name }) => <div key={id}>{name} <code className="muted">{id}</code></div>)}</dd></>}
        <dt>Created</dt>
        <dd><Moment at={createdAt} as="full" /></dd>
      </dl>
    </Card>
  );
}
