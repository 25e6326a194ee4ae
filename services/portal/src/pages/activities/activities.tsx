import { IconActivity, IconPlayerPlay } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import type { Briefing } from '@waggle/contracts';
import { call } from '../../api/call.ts';
import { LinkButton } from '../../components/link-button.tsx';
import { Page } from '../../components/page.tsx';
import { Bones, Empty, Failure } from '../../components/states.tsx';
import classes from './activities.module.css';
import { ActivityCard } from './activity-card.tsx';
import { NewActivity } from './new-activity.tsx';
import { useChosenUser, UserChoice } from './user-choice.tsx';

export function Activities() {
  const { user_id: chosen } = useSearch({ from: '/activities' });
  const navigate = useNavigate({ from: '/activities' });
  const { userId, users, isWorkspace } = useChosenUser(chosen);
  const simulator = <LinkButton to="/activities/simulator" search={{ ...(userId !== undefined && { user_id: userId }) }} variant="default" leftSection={<IconPlayerPlay size={16} />}>Simulator</LinkButton>;
  return (
    <Page title="Activities" trail={['Behavior']} lead="Today, as the user sees it." actions={<>{simulator}<NewActivity userId={userId} /></>}>
      {isWorkspace && <div className={classes.top}><div className={classes.user}><UserChoice userId={userId} known={users.data ?? []} onChange={(user_id) => void navigate({ search: { user_id }, replace: true })} /></div></div>}
      {users.isError && <Failure error={users.error} onRetry={() => users.refetch()} />}
      {isWorkspace && users.isPending && <Bones rows={3} height={120} />}
      {users.data?.length === 0 && userId === undefined && <Empty title="No users yet" icon={<IconActivity size={24} />}>Create an activity: its user comes with it.</Empty>}
      {userId !== undefined && <Board key={userId} userId={userId} />}
    </Page>
  );
}

const SECTIONS = [
  ['in_window', 'Now', 'open, and inside their window'],
  ['overdue', 'Overdue', 'tasks past due'],
  ['due', 'Due today', 'open'],
  ['later', 'Later', 'window or snooze still ahead'],
  ['done', 'Done', 'done, skipped or partly done'],
] as const;

function Board({ userId }: { userId: string }) {
  const today = useQuery({
    queryKey: ['activities', 'today', userId], refetchInterval: 5_000,
    queryFn: ({ signal }) => call<Briefing>('/v1/activities/today', { query: { user_id: userId }, signal }),
  });
  if (today.isPending) return <Bones rows={3} height={120} />;
  if (today.isError) return <Failure error={today.error} onRetry={() => today.refetch()} />;
  const shown = SECTIONS.filter(([name]) => today.data[name].length > 0);
  if (shown.length === 0) return <Empty title="Nothing today" icon={<IconActivity size={24} />}>This user has no activity that is about today. Create one, or look at another user.</Empty>;
  return (
    <div className={classes.board}>
      {shown.map(([name, title, about]) => (
        <section key={name} className={classes.section} aria-label={title}>
          <div className={classes.heading}><h2>{title}</h2><span className="muted small">{today.data[name].length} {about}</span></div>
          <div className={classes.cards}>{today.data[name].map((activity) => <ActivityCard key={activity.id} activity={activity} />)}</div>
        </section>
      ))}
    </div>
  );
}
