/** What an endpoint can subscribe to, for people. */
const DESCRIPTIONS: Readonly<Record<string, string>> = {
  'activity.completed': 'A habit, task or routine was done',
  'activity.skipped': 'An activity was skipped for the day',
  'activity.snoozed': 'An activity was put off for a while',
  'activity.reopened': 'A done, skipped or snoozed activity is pending again',
  'activity.missed': 'The day ended and the activity was still open',
  'activity.created': 'An activity was created',
  'activity.updated': 'An activity was changed',
  'activity.deleted': 'An activity was archived',
  'reminder.sent': 'A reminder was sent to one of the user’s channels',
  'routine.activated': 'A routine’s run of the day has begun',
  'routine.step_completed': 'A step of a routine was done',
  'routine.step_skipped': 'A step of a routine was skipped',
  'routine.partial': 'A routine was closed with at least one step skipped',
  'award.granted': 'A wallet was awarded points',
  'award.revoked': 'An award was taken back',
};

const ID = '01h455vb4pex5vsknk084sn02q';
const TIMESTAMP = '2026-03-28T08:12:44Z';
const activity = { id: 'act_xyz789', type: 'habit', name: 'Drink water', channel: 'telegram' };
const routine = { id: 'act_morning', type: 'routine', name: 'Morning', channel: 'telegram', occurrence_date: '2026-03-28', steps: [{ id: 'stp_1', name: 'Stretch', state: 'done' }, { id: 'stp_2', name: 'Read', state: 'skipped' }] };
const occurred = { ...activity, occurrence_date: '2026-03-28', streak: { current: 4, longest: 12 } };
const award = {
  id: `awd_${ID}`, type: 'award', name: 'First purchase', campaign_id: 42, wallet: '0x52908400098527886e0f7030069857d2e4169ee7', task_id: `tsk_${ID}`, event_id: 'evt_purchase_1',
  points: 100, environment: 'live', occurred_at: TIMESTAMP, awarded_at: TIMESTAMP, revokes: null,
};

const ENTITIES: Readonly<Record<string, object>> = {
  'activity.snoozed': { activity: { ...activity, occurrence_date: '2026-03-28', snoozed_until: '2026-03-28T08:42:44Z', snooze_minutes: 30 } },
  'activity.created': { activity: { ...activity, version: 1 } },
  'activity.updated': { activity: { ...activity, version: 2, changed: ['name'] } },
  'activity.deleted': { activity: { ...activity, version: 3 } },
  'reminder.sent': { reminder: { id: `rem_${ID}`, type: 'nudge', name: 'Drink water', channel: 'telegram', activity_id: 'act_xyz789', activity_type: 'habit', scheduled_for: TIMESTAMP } },
  'routine.step_completed': { routine: { ...routine, step_id: 'stp_1' } },
  'routine.step_skipped': { routine: { ...routine, step_id: 'stp_2' } },
  'award.revoked': { award: { ...award, points: -100, revokes: `awd_${ID}` } },
};
const FAMILIES: Readonly<Record<string, object>> = { activity: { activity: occurred }, routine: { routine }, award: { award } };

export function describeEventType(name: string): { name: string; description: string; example: { user_id: string } } {
  const [family = ''] = name.split('.');
  const userId = family === 'award' ? award.wallet : 'usr_abc123';
  const example = { event: name, timestamp: TIMESTAMP, user_id: userId, ...(ENTITIES[name] ?? FAMILIES[family]), id: `evt_${ID}` };
  return { name, description: DESCRIPTIONS[name] ?? '', example };
}
