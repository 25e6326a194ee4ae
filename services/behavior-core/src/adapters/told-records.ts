import { behaviorEvent, channelMessage, derivedId, FEED, type BehaviorEvent } from '@waggle/contracts';
import { toRecord, type KafkaRecord } from '@waggle/kafka';
import { toldTo, type Telling } from '../domain/channels/told-to.ts';
import { userKey } from '../domain/commands/batch-state.ts';
import { sequenceEvents } from './event-sequence.ts';
import type { LockedUsers } from './user-lock.ts';

type Locked = Pick<LockedUsers, 'now' | 'sequences' | 'timezones' | 'channels'>;

/**
 * The records of events, numbered, each followed by its messages for the channels that its user has connected. Everybody has the feed, so that
 * costs no record: the dispatcher reads it off the events, all but those that are `quiet`.
 */
export function toldRecords(events: readonly BehaviorEvent[], locked: Locked, tellings: ReadonlyMap<string, Telling> = new Map()): { sequences: Map<string, number>; records: KafkaRecord[] } {
  const { sequences, headersOf } = sequenceEvents(events, locked.sequences);
  const records = events.flatMap((event) => {
    const key = userKey({ workspaceId: event.workspace_id, id: event.user_id });
    const told = toldTo(event, tellings.get(event.id), { channels: locked.channels.get(key) ?? [], timezone: locked.timezones.get(key) ?? 'UTC', now: locked.now });
    const headers = headersOf(event);
    const record = toRecord(behaviorEvent, event, told.includes(FEED) ? headers : { ...headers, ce_quiet: 'true' });
    return [record, ...told.filter((channel) => channel !== FEED).map((channel) => messageFor(channel, event, headers))];
  });
  return { sequences, records };
}

/** Of a routine's step a channel names that one, and needs no list of all for each of them. */
function forChannel(event: BehaviorEvent): BehaviorEvent {
  if (event.event !== 'routine.step_completed' && event.event !== 'routine.step_skipped') return event;
  const { routine } = event;
  return { ...event, routine: { ...routine, steps: routine.steps.filter(({ id }) => id === routine.step_id) } };
}

/** The number goes with it, so that what is under way about an erased user is known. */
function messageFor(channel: string, event: BehaviorEvent, { ce_sequence: sequence = '' }: Record<string, string>): KafkaRecord {
  const id = derivedId('msg', Date.parse(event.timestamp), event.id, channel);
  return toRecord(channelMessage, { id, workspace_id: event.workspace_id, user_id: event.user_id, channel, event: forChannel(event) }, { ce_sequence: sequence });
}
