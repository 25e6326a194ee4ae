import { derivedId, type CampaignEvent, type InappEvent, type ProcessingReason } from '@waggle/contracts';
import { isInside, type Campaign, type GrantedAward, type Outcome, type Task } from './campaign.ts';
import { campaignEvents } from './events.ts';
import { periodOf } from './period.ts';

/** What must be known to decide a batch. The keys come from the functions below. */
export interface CampaignState {
  campaigns: Map<number, Campaign>;
  /** By `mappingKey`: what an event type may award. */
  tasks: Map<string, Task[]>;
  /** By the event's id: what was processed before. */
  events: Map<string, KnownEvent>;
  /** `awardKey`s of awards that are there. */
  awarded: Set<string>;
}

export interface KnownEvent {
  digest: string;
  wallet: string;
  outcome: Outcome;
}

/** What one batch changes; `verdicts` has one entry per event, in their order. */
export interface AwardChanges {
  verdicts: Verdict[];
  /** By id. `conflict`: the same id came with another body, within this batch. */
  processed: Map<string, { event: InappEvent; outcome: Outcome; conflict: boolean }>;
  /** Events of earlier batches that came again with another body. */
  conflicts: Set<InappEvent>;
  granted: GrantedAward[];
  /** `awardKey`s of `granted`. */
  awarded: Set<string>;
  /** Live awards by task: what is taken from its cap. */
  reserved: Map<string, number>;
  published: CampaignEvent[];
}

/** `digest`, `wallet` and `outcome` are those of the event that stands: the first. */
export interface Verdict extends KnownEvent {
  kind: 'processed' | 'duplicate' | 'conflict';
}

interface Context {
  state: CampaignState;
  changes: AwardChanges;
  now: string;
}

export const mappingKey = (of: { campaign_id: number; event_type: string }) => `${of.campaign_id}:${of.event_type}`;
export const awardKey = (taskId: string, { wallet, environment }: Pick<InappEvent, 'wallet' | 'environment'>, period: string) =>
  `${taskId}:${wallet}:${environment}:${period}`;

/** Decides in order; each event sees what the earlier ones of the batch did, repetitions of itself included. `now`: the time of deciding. */
export function decideAwards(events: readonly InappEvent[], state: CampaignState, now: string): AwardChanges {
  const changes: AwardChanges = {
    verdicts: [], processed: new Map(), conflicts: new Set(), granted: [], awarded: new Set(), reserved: new Map(), published: [],
  };
  for (const event of events) changes.verdicts.push(decide(event, { state, changes, now }));
  return changes;
}

function decide(event: InappEvent, context: Context): Verdict {
  return repeated(event, context) ?? process(event, context);
}

/** The first body under an id stands, whatever comes later. */
function repeated(event: InappEvent, { state, changes }: Context): Verdict | null {
  const earlier = changes.processed.get(event.id);
  const known = earlier === undefined ? state.events.get(event.id) : { ...standing(earlier.event), outcome: earlier.outcome };
  if (known === undefined) return null;
  if (known.digest === event.digest) return { ...known, kind: 'duplicate' };
  if (earlier === undefined) changes.conflicts.add(event);
  else earlier.conflict = true;
  return { ...known, kind: 'conflict' };
}

function process(event: InappEvent, context: Context): Verdict {
  const { changes, now } = context;
  const { outcome, granted } = judge(event, context);
  changes.processed.set(event.id, { event, outcome, conflict: false });
  changes.granted.push(...granted);
  // Test events are kept apart: nobody but the campaign's operator learns of them.
  if (event.environment === 'live') changes.published.push(...campaignEvents(event, outcome, { granted, now }));
  return { kind: 'processed', ...standing(event), outcome };
}

const standing = ({ digest, wallet }: InappEvent) => ({ digest, wallet });

interface Judgement {
  outcome: Outcome;
  granted: GrantedAward[];
}

function judge(event: InappEvent, context: Context): Judgement {
  const campaign = context.state.campaigns.get(event.campaign_id);
  if (campaign?.workspaceId !== event.workspace_id) return without('rejected', 'campaign_not_found');
  if (campaign.status !== 'active') return without('no_award', 'campaign_not_active');
  const tasks = (context.state.tasks.get(mappingKey(event)) ?? []).toSorted((a, b) => (a.id < b.id ? -1 : 1));
  if (tasks.length === 0) return without('no_award', 'no_active_mapping');
  if (!isInside(campaign, event.occurred_at)) return without('no_award', 'outside_window');

  const judged = tasks.map((task) => judgeTask(event, task, context));
  const granted = judged.filter((verdict) => typeof verdict !== 'string');
  if (granted.length > 0) return { outcome: { status: 'awarded', reason: null, awards: granted.map(({ award }) => award) }, granted };
  // Several tasks may refuse for several reasons; the first task's is the answer.
  return without('no_award', judged.find((verdict) => typeof verdict === 'string')!);
}

function without(status: 'no_award' | 'rejected', reason: ProcessingReason): Judgement {
  return { outcome: { status, reason, awards: [] }, granted: [] };
}

function judgeTask(event: InappEvent, task: Task, { state, changes, now }: Context): GrantedAward | ProcessingReason {
  if (!isInside(task, event.occurred_at)) return 'outside_window';
  const period = periodOf(task.recurrence, event);
  const key = awardKey(task.id, event, period);
  if (state.awarded.has(key) || changes.awarded.has(key)) return 'already_awarded';
  if (event.environment === 'live') {
    const reserved = changes.reserved.get(task.id) ?? 0;
    if (task.room !== null && reserved >= task.room) return 'cap_reached';
    changes.reserved.set(task.id, reserved + 1);
  }
  changes.awarded.add(key);
  return { award: toAward(event, task, now), event, task, period };
}

function toAward(event: InappEvent, task: Task, now: string): GrantedAward['award'] {
  const { wallet, event_id, environment, occurred_at, received_at } = event;
  const id = derivedId('awd', Date.parse(received_at), event.id, task.id);
  return { id, wallet, task_id: task.id, event_id, points: task.points, environment, occurred_at, awarded_at: now, revokes: null };
}
