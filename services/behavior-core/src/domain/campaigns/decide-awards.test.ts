import { campaignEvent, type InappEvent } from '@waggle/contracts';
import { expect, test } from '@jest/globals';
import type { Campaign, Task } from './campaign.ts';
import { awardKey, decideAwards, mappingKey, type CampaignState } from './decide-awards.ts';
import { periodOf } from './period.ts';

const NOW = '2026-01-02T03:05:00Z';
const OPEN = { startsAt: null, endsAt: null };
const WALLET = `0x${'a'.repeat(40)}`;

let count = 0;
function anEvent(fields: Partial<InappEvent> = {}): InappEvent {
  const n = ++count;
  return {
    id: `iev_${n}`, workspace_id: 'ws_1', campaign_id: 42, key_id: 'ick_1', environment: 'live', event_id: `evt_${n}`, event_type: 'purchase_completed',
    occurred_at: '2026-01-02T03:04:05Z', wallet: WALLET, received_at: '2026-01-02T03:04:06Z', digest: `digest ${n}`, body: '{}', ...fields,
  };
}

const aTask = (fields: Partial<Task> = {}): Task => ({ id: 'tsk_1', name: 'Buy', points: 10, recurrence: 'once', room: null, ...OPEN, ...fields });
const aCampaign = (fields: Partial<Campaign> = {}): Campaign => ({ id: 42, workspaceId: 'ws_1', status: 'active', ...OPEN, ...fields });

interface StateFields extends Partial<Pick<CampaignState, 'events' | 'awarded'>> {
  campaign?: Campaign;
  tasks?: Task[];
}

function aState({ campaign = aCampaign(), tasks = [aTask()], events = new Map(), awarded = new Set() }: StateFields = {}): CampaignState {
  const mapped = tasks.length > 0 ? [[mappingKey(anEvent()), tasks] as const] : [];
  return { campaigns: new Map([[campaign.id, campaign]]), tasks: new Map(mapped), events, awarded };
}

const decideOne = (state: CampaignState, event = anEvent()) => decideAwards([event], state, NOW);
const outcomesOf = (state: CampaignState, events: InappEvent[]) =>
  decideAwards(events, state, NOW).verdicts.map(({ outcome }) => outcome.reason ?? outcome.status);

test('a mapped event of an active campaign is awarded, and both facts are published', () => {
  const event = anEvent();
  const { verdicts, granted, published } = decideOne(aState(), event);
  const award = {
    id: expect.stringMatching(/^awd_/), wallet: WALLET, task_id: 'tsk_1', event_id: event.event_id, points: 10, environment: 'live',
    occurred_at: event.occurred_at, awarded_at: NOW, revokes: null,
  };
  expect(verdicts).toEqual([{ kind: 'processed', digest: event.digest, wallet: WALLET, outcome: { status: 'awarded', reason: null, awards: [award] } }]);
  expect(granted).toMatchObject([{ award, period: 'once' }]);
  expect(published.map((fact) => campaignEvent.data.parse(fact))).toMatchObject([
    { event: 'award.granted', timestamp: NOW, user_id: WALLET, workspace_id: 'ws_1', award: { ...award, campaign_id: 42, type: 'award', name: 'Buy' } },
    { event: 'inapp_event.processed', timestamp: NOW, user_id: WALLET, inapp_event: { id: event.id, processing_status: 'awarded', awards: [award] } },
  ]);
});

test('deciding the same event again gives the same ids', () => {
  const event = anEvent();
  const ids = () => decideOne(aState(), event).published.map(({ id }) => id);
  expect(ids()).toEqual(ids());
  expect(new Set(ids()).size).toBe(2);
});

test.each([
  { reason: 'campaign_not_found', description: 'an unknown campaign', state: aState({ campaign: aCampaign({ id: 7 }) }) },
  { reason: 'campaign_not_found', description: "another workspace's campaign", state: aState({ campaign: aCampaign({ workspaceId: 'ws_2' }) }) },
  { reason: 'campaign_not_active', description: 'a draft', state: aState({ campaign: aCampaign({ status: 'draft' }) }) },
  { reason: 'campaign_not_active', description: 'an ended campaign', state: aState({ campaign: aCampaign({ status: 'ended' }) }) },
  { reason: 'no_active_mapping', description: 'a mapping that is gone by now', state: aState({ tasks: [] }) },
  { reason: 'outside_window', description: "a time before the campaign's", state: aState({ campaign: aCampaign({ startsAt: new Date('2026-02-01') }) }) },
  { reason: 'outside_window', description: "a time after the task's", state: aState({ tasks: [aTask({ endsAt: new Date('2026-01-01') })] }) },
  { reason: 'already_awarded', description: 'a wallet that has the award', state: aState({ awarded: new Set([awardKey('tsk_1', anEvent(), 'once')]) }) },
  { reason: 'cap_reached', description: 'a cap that is used up', state: aState({ tasks: [aTask({ room: 0 })] }) },
])('$reason for $description', ({ reason, state }) => {
  const { verdicts, granted, published } = decideOne(state);
  expect(verdicts[0]!.outcome).toEqual({ status: reason === 'campaign_not_found' ? 'rejected' : 'no_award', reason, awards: [] });
  expect(granted).toEqual([]);
  expect(published.map(({ event }) => event)).toEqual(['inapp_event.processed']);
});

test('an event that comes twice in a batch counts once, and the repetition learns the outcome', () => {
  const event = anEvent();
  const { verdicts, processed, granted } = decideAwards([event, event], aState(), NOW);
  expect(verdicts.map(({ kind }) => kind)).toEqual(['processed', 'duplicate']);
  expect(verdicts[1]!.outcome).toEqual(verdicts[0]!.outcome);
  expect([processed.size, granted.length]).toEqual([1, 1]);
});

test('an event that was processed before changes nothing and tells what became of it', () => {
  const event = anEvent();
  const outcome = { status: 'no_award', reason: 'cap_reached', awards: [] } as const;
  const changes = decideOne(aState({ events: new Map([[event.id, { digest: event.digest, wallet: WALLET, outcome: { ...outcome, awards: [] } }]]) }), event);
  expect(changes.verdicts).toEqual([{ kind: 'duplicate', digest: event.digest, wallet: WALLET, outcome }]);
  expect([changes.processed.size, changes.granted.length, changes.published.length]).toEqual([0, 0, 0]);
});

test('another body under the same id leaves the first one standing, flagged, in the same batch and in a later one', () => {
  const first = anEvent();
  const other = { ...first, digest: 'another', wallet: `0x${'2'.repeat(40)}`, event_type: 'refund_requested' };
  const together = decideAwards([first, other], aState(), NOW);
  expect(together.verdicts[1]).toMatchObject({ kind: 'conflict', digest: first.digest, wallet: WALLET, outcome: { status: 'awarded' } });
  expect(together.processed.get(first.id)).toMatchObject({ event: first, conflict: true });

  const [known] = together.verdicts;
  const later = decideOne(aState({ events: new Map([[first.id, known!]]) }), other);
  expect(later.verdicts[0]).toMatchObject({ kind: 'conflict', digest: first.digest, wallet: WALLET });
  expect([...later.conflicts]).toEqual([other]);
});

test('recurrence is kept per wallet within a batch', () => {
  const daily = aState({ tasks: [aTask({ recurrence: 'daily' })] });
  const other = `0x${'b'.repeat(40)}`;
  const events = [anEvent(), anEvent({ wallet: other }), anEvent(), anEvent({ occurred_at: '2026-01-03T00:00:00Z' })];
  expect(outcomesOf(daily, events)).toEqual(['awarded', 'awarded', 'already_awarded', 'awarded']);
  expect(outcomesOf(aState({ tasks: [aTask({ recurrence: 'unlimited' })] }), [anEvent(), anEvent()])).toEqual(['awarded', 'awarded']);
});

test('a cap holds within a batch, also when one task is awarded by two event types', () => {
  const capped = aTask({ recurrence: 'unlimited', room: 2 });
  const state = aState({ tasks: [capped] });
  state.tasks.set(mappingKey(anEvent({ event_type: 'signup_completed' })), [{ ...capped }]);
  const events = [anEvent(), anEvent({ event_type: 'signup_completed' }), anEvent()];
  expect(outcomesOf(state, events)).toEqual(['awarded', 'awarded', 'cap_reached']);
});

test('several tasks: awarded if one of them is; if none, the reason is that of the first in id order', () => {
  const tasks = [aTask({ id: 'tsk_3' }), aTask({ id: 'tsk_1', room: 0 }), aTask({ id: 'tsk_2' })];
  const some = decideOne(aState({ tasks }));
  expect(some.verdicts[0]!.outcome).toMatchObject({ status: 'awarded', reason: null, awards: [{ task_id: 'tsk_2' }, { task_id: 'tsk_3' }] });

  const closed = { endsAt: new Date('2026-01-01') };
  const none = decideOne(aState({ tasks: [aTask({ id: 'tsk_2', ...closed }), aTask({ id: 'tsk_1', room: 0 })] }));
  expect(none.verdicts[0]!.outcome).toMatchObject({ status: 'no_award', reason: 'cap_reached' });
});

test('test events are awarded apart: they use no cap, take nothing from live ones, and nobody is told', () => {
  const state = aState({ tasks: [aTask({ room: 1 })] });
  const { verdicts, reserved, published } = decideAwards([anEvent({ environment: 'test' }), anEvent()], state, NOW);
  expect(verdicts.map(({ outcome }) => outcome.status)).toEqual(['awarded', 'awarded']);
  expect(reserved).toEqual(new Map([['tsk_1', 1]]));
  expect(published.filter(({ event }) => event === 'award.granted')).toHaveLength(1);
  expect(decideOne(aState({ tasks: [aTask({ room: 0 })] }), anEvent({ environment: 'test' })).verdicts[0]!.outcome.status).toBe('awarded');
});

test('the key of an award tells period, wallet, task and environment apart', () => {
  const event = anEvent();
  const keys = [
    awardKey('tsk_1', event, periodOf('once', event)), awardKey('tsk_1', event, periodOf('daily', event)), awardKey('tsk_2', event, 'once'),
    awardKey('tsk_1', { ...event, environment: 'test' }, 'once'), awardKey('tsk_1', { ...event, wallet: '0x' }, 'once'),
  ];
  expect(new Set(keys).size).toBe(keys.length);
});
