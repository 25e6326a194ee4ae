import type { BehaviorEvent } from '@waggle/contracts';
import type { Verdict } from './batch-state.ts';

/**
 * As much as the effects of one transaction may hold, roughly: what they become (events, a copy of each for every channel, answers) is in memory
 * all at once. A routine of a hundred steps with long names makes six megabytes when it is completed, a batch is a thousand requests.
 */
export const EFFECT_BYTES_MAX = 4_000_000;

/** Of what has no list of steps in it. */
const SMALL = 1_000;
/** Of a step beside its name. */
const STEP = 80;
/** A UTF-16 unit takes up to three bytes. */
const UNIT = 3;

const sizeOfSteps = (steps: readonly { name: string }[] = []): number => steps.reduce((size, { name }) => size + STEP + UNIT * name.length, 0);

const sizeOfEvent = (event: BehaviorEvent): number => SMALL + ('routine' in event ? sizeOfSteps(event.routine.steps) : 0);

function sizeOfAnswer(verdict: Verdict): number {
  if (!('answer' in verdict)) return SMALL;
  const { activity, activities } = verdict.answer;
  // Its definition, and its state today.
  return [activity, ...(activities ?? [])].reduce((size, view) => size + SMALL + 2 * sizeOfSteps(view?.steps), 0);
}

/** Of one instruction: what it is answered and the events that it made. */
export const sizeOfEffects = (verdict: Verdict, events: readonly BehaviorEvent[]): number =>
  events.reduce((size, event) => size + sizeOfEvent(event), sizeOfAnswer(verdict));
