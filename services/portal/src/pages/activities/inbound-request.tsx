import { Button, NativeSelect } from '@mantine/core';
import { useSearch } from '@tanstack/react-router';
import type { ActivityView } from '@waggle/contracts';
import { useState } from 'react';
import { JsonView } from '../../components/json-view.tsx';
import { useNow } from '../../components/use-now.ts';

interface InboundRequestProps {
  activities: readonly ActivityView[];
  userId: string;
  isPending: boolean;
  onSend(body: object): void;
}

const EVENTS = ['activity.completed', 'activity.skipped', 'activity.snoozed', 'activity.reopened'];
const OF_ROUTINES = ['routine.activated', 'routine.step_completed', 'routine.step_skipped'];
const FIRST = 'activity.completed';

/** The body as a partner's server would send it at this moment. */
export function InboundRequest({ activities, userId, isPending, onSend }: InboundRequestProps) {
  const { activity_id: preset } = useSearch({ from: '/activities/simulator' });
  const [draft, setDraft] = useState({ activity: preset, event: FIRST, step: '' });
  const now = useNow(1_000);
  const activity = activities.find(({ id }) => id === draft.activity) ?? activities[0];
  const { offered, event, steps } = choicesOf(activity, draft.event);
  const stepId = steps.find(({ id }) => id === draft.step)?.id ?? steps[0]?.id;
  const details = { ...(event === 'activity.snoozed' && { snooze_minutes: 30 }), ...(stepId !== undefined && { step_id: stepId }) };
  const bodyAt = (ms: number) => ({ event, activity_id: activity?.id, user_id: userId, timestamp: new Date(ms).toISOString(), ...details });
  return (
    <>
      <NativeSelect label="Activity" data={activities.map(({ id, name }) => ({ value: id, label: name }))} value={activity?.id ?? ''} onChange={({ currentTarget }) => setDraft({ ...draft, activity: currentTarget.value })} />
      <NativeSelect label="Event" data={offered} value={event} onChange={({ currentTarget }) => setDraft({ ...draft, event: currentTarget.value })} />
      {steps.length > 0 && <NativeSelect label="Step" data={steps.map(({ id, name }) => ({ value: id, label: name }))} value={stepId ?? ''} onChange={({ currentTarget }) => setDraft({ ...draft, step: currentTarget.value })} />}
      <JsonView text={JSON.stringify(bodyAt(now), null, 2)} what="Body" />
      <div><Button disabled={activity === undefined} loading={isPending} onClick={() => onSend(bodyAt(Date.now()))}>Send inbound webhook</Button></div>
    </>
  );
}

/** What an activity can be told; the steps are none for what is not about one. */
function choicesOf(activity: ActivityView | undefined, wished: string): { offered: string[]; event: string; steps: ActivityView['steps'] } {
  const offered = activity?.type === 'routine' ? [...EVENTS, ...OF_ROUTINES] : EVENTS;
  const event = offered.includes(wished) ? wished : FIRST;
  return { offered, event, steps: event.startsWith('routine.step_') ? (activity?.steps ?? []) : [] };
}
