import { Button } from '@mantine/core';
import { IconFlame } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import type { ActivityView } from '@waggle/contracts';
import { toPercent } from '../../components/format.ts';
import { Failure } from '../../components/states.tsx';
import { StatusPill } from '../../components/status-pill.tsx';
import classes from './activities.module.css';
import { useActivityAction, type ActivityAction } from './use-activity-action.ts';

export function ActivityCard({ activity }: { activity: ActivityView }) {
  const { id, name, type, today, schedule } = activity;
  return (
    <article className={classes.card}>
      <div className={classes.name}>
        <Link to="/activities/$activityId" params={{ activityId: id }} className="break">{name}</Link>
        <StatusPill status={today.state} />
      </div>
      <div className={classes.stats}>
        <span>{type}</span>
        {schedule.window !== null && <span className="number">{schedule.window.start}–{schedule.window.end}</span>}
        <Stats activity={activity} />
      </div>
      <Actions activity={activity} />
    </article>
  );
}

function Stats({ activity: { streak, completion_rate_30d: rate } }: { activity: ActivityView }) {
  return (
    <>
      {streak !== null && <span className={classes.stat} title={`Longest: ${streak.longest}`}><IconFlame size={15} className={classes.flame} aria-hidden="true" /><span className="number">{streak.current} in a row</span></span>}
      {rate !== null && <span className="number">{toPercent(Math.round(rate * 1_000), 1_000)} in 30 days</span>}
    </>
  );
}

const OFFERED: Readonly<Record<string, readonly (readonly [ActivityAction, string])[]>> = {
  pending: [['complete', 'Complete'], ['skip', 'Skip'], ['snooze', 'Snooze 30 min']],
  snoozed: [['complete', 'Complete'], ['skip', 'Skip'], ['reopen', 'Reopen']],
  done: [['reopen', 'Reopen']],
  skipped: [['complete', 'Complete'], ['reopen', 'Reopen']],
  partial: [['complete', 'Complete'], ['reopen', 'Reopen']],
  missed: [['complete', 'Complete'], ['skip', 'Skip']],
};

export function Actions({ activity }: { activity: ActivityView }) {
  const action = useActivityAction(activity);
  if (activity.status === 'archived') return null;
  return (
    <>
      <div className={classes.actions}>
        {(OFFERED[activity.today.state] ?? []).map(([name, label], index) => (
          <Button
            key={name} size="compact-sm" variant={index === 0 && name === 'complete' ? 'light' : 'default'} aria-label={`${label}: ${activity.name}`}
            loading={action.isPending && action.variables === name} onClick={() => action.mutate(name)}
          >
            {label}
          </Button>
        ))}
      </div>
      {action.isError && <Failure error={action.error} />}
    </>
  );
}
