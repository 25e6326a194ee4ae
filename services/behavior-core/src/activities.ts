import type { createOperationIds, Route } from '@waggle/http';
import type { BatchHandler } from '@waggle/kafka';
import type { Component, Logger } from '@waggle/runtime';
import type { Pool } from 'pg';
import { createActivityReader } from './adapters/activity-reader.ts';
import { createActivityWriter } from './adapters/activity-writer.ts';
import { applyBatch, type Decide } from './adapters/batch-store.ts';
import { applyInstructions, recordPoisoned, toInstruction } from './adapters/command-store.ts';
import { sweepUsers } from './adapters/sweep-store.ts';
import { createUserSweeper } from './adapters/user-sweeper.ts';
import { behaviorCommandHandler, type BehaviorCommandDeps } from './consumers/behavior-command.ts';
import type { PlanLimits } from './domain/commands/batch-state.ts';
import { decideBatch } from './domain/commands/decide-batch.ts';
import { activitiesRoutes } from './routes/activities.ts';
import { activityActionsRoutes } from './routes/activity-actions.ts';
import { activityChangesRoutes } from './routes/activity-changes.ts';

export interface ActivitiesDeps extends Pick<BehaviorCommandDeps, 'reply' | 'wake'> {
  pool: Pool;
  operationIds: ReturnType<typeof createOperationIds>;
  now(): Date;
  logger: Logger;
}

export interface ActivitiesSettings {
  limits: PlanLimits;
  /** How often ended days are looked for. */
  daySweepIntervalMs: number;
}

export interface Activities {
  routes: Route[];
  handler: BatchHandler;
  sweeper: Component;
  /** For whoever else has instructions to decide. */
  decide: Decide;
}

/** Who was away for a month has a month of days to be judged. */
const USERS_PER_SWEEP = 20;

/** Habits, tasks and routines: asked for by HTTP and by Kafka, and by the days that end. */
export function createActivities({ pool, operationIds, reply, wake, now, logger }: ActivitiesDeps, { limits, daySweepIntervalMs }: ActivitiesSettings): Activities {
  const reader = createActivityReader(pool);
  const decide: Decide = (instructions, state, at) => decideBatch(instructions, state, { now: at, limits });
  // A creation over HTTP is like no other, so nobody will ask for its answer again.
  const decideCreations: Decide = (...given) => ({ ...decide(...given), answers: new Map() });
  const apply = (instructions: Parameters<Decide>[0]) => applyInstructions(pool, instructions, decide);
  return {
    routes: [
      ...activitiesRoutes({ reader, create: (instructions) => applyBatch(pool, instructions, decideCreations), wake, now }),
      ...activityChangesRoutes({ reader, writer: createActivityWriter(pool), limits, wake, now }),
      ...activityActionsRoutes({ reader, operationIds, apply, wake, now }),
    ],
    handler: behaviorCommandHandler({
      apply: (commands) => apply(commands.map(toInstruction)), recordPoisoned: (command) => recordPoisoned(pool, command), reply, wake,
    }),
    sweeper: createUserSweeper(
      { sweep: (request) => sweepUsers(pool, request), wake, now, logger },
      { name: 'day sweeper', intervalMs: daySweepIntervalMs, usersMax: USERS_PER_SWEEP },
    ),
    decide,
  };
}
