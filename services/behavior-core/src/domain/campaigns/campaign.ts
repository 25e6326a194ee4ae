import type { Award, InappEvent, ProcessingReason, ProcessingStatus, Recurrence } from '@waggle/contracts';

/** From `startsAt` on, until before `endsAt`; null is open. */
export interface Window {
  startsAt: Date | null;
  endsAt: Date | null;
}

export interface Campaign extends Window {
  id: number;
  workspaceId: string;
  status: 'draft' | 'active' | 'ended';
}

export interface Task extends Window {
  id: string;
  name: string;
  points: number;
  recurrence: Recurrence;
  /** How many live awards are left; null without a cap. */
  room: number | null;
}

/** What became of an event. */
export interface Outcome {
  status: ProcessingStatus;
  reason: ProcessingReason | null;
  awards: Award[];
}

/** An award with what only the ledger and the public event need to know. */
export interface GrantedAward {
  award: Award;
  event: InappEvent;
  task: Task;
  period: string;
}

/** By `occurred_at`: when it was received or processed says nothing about when it happened. */
export function isInside({ startsAt, endsAt }: Window, occurredAt: string): boolean {
  const at = Date.parse(occurredAt);
  return (startsAt === null || at >= startsAt.getTime()) && (endsAt === null || at < endsAt.getTime());
}
