import {
  actionBody, activityType, activityView, briefing, changeActivityBody, createActivityBody, createTemplateBody, emptyBody, operationAnswer, pageQuery, replaceActivityBody, replaceTemplateBody,
  snoozeBody, templateView, userId, type ProblemCode,
} from '@waggle/contracts';
import { z } from 'zod';
import { listOf, type PublicRoute, type RouteTable } from './route.ts';

const activityQuery = pageQuery.extend({ user_id: userId.optional(), type: activityType.optional(), status: activityView.shape.status.optional() });
const todayQuery = z.object({ user_id: userId.optional() });
const NOT_POSSIBLE: ProblemCode[] = ['invalid_transition', 'activity_archived'];
const NAMED = ['X-Buffy-User-ID'] as const;
const CHANGE: ProblemCode[] = ['version_mismatch', 'activity_archived'];

const act = (summary: string, body: z.ZodType = actionBody): PublicRoute => ({ summary, body, answers: { 200: operationAnswer }, problems: NOT_POSSIBLE, headers: NAMED });

export const ACTIVITY_ROUTES: RouteTable = {
  'POST /v1/activities': { summary: 'Create an activity', body: createActivityBody, answers: { 201: activityView }, problems: ['already_exists', 'plan_limit_reached'], headers: NAMED },
  'GET /v1/activities': { summary: 'List activities', query: activityQuery, answers: { 200: listOf(activityView) }, headers: NAMED },
  'GET /v1/activities/today': { summary: "What a user's day holds", query: todayQuery, answers: { 200: briefing }, problems: ['not_found'], headers: NAMED },
  'GET /v1/activities/{id}': { summary: 'Read an activity', answers: { 200: activityView }, headers: NAMED },
  'PUT /v1/activities/{id}': { summary: 'Replace an activity', body: replaceActivityBody, answers: { 200: activityView }, problems: CHANGE, headers: ['If-Match', ...NAMED] },
  'PATCH /v1/activities/{id}': { summary: 'Change an activity', body: changeActivityBody, answers: { 200: activityView }, problems: CHANGE, headers: ['If-Match', ...NAMED] },
  'DELETE /v1/activities/{id}': { summary: 'Archive an activity', answers: { 204: null }, problems: ['version_mismatch'], headers: ['If-Match', ...NAMED] },
  'POST /v1/activities/{id}/restore': { summary: 'Take an activity out of the archive', body: emptyBody, answers: { 200: activityView }, problems: ['plan_limit_reached', 'version_mismatch'], headers: ['If-Match', ...NAMED] },
  'POST /v1/activities/{id}/complete': act('Mark the occurrence of a day done'),
  'POST /v1/activities/{id}/skip': act('Skip the occurrence of a day'),
  'POST /v1/activities/{id}/snooze': act('Snooze the occurrence of a day', snoozeBody),
  'POST /v1/activities/{id}/reopen': act('Take a completion or a skip back'),
  'POST /v1/activities/{id}/activate': act("Start a routine's run of a day"),
  'POST /v1/activities/{id}/steps/{step_id}/complete': act("Mark one step of a routine done"),
  'POST /v1/activities/{id}/steps/{step_id}/skip': act('Skip one step of a routine'),
  'POST /v1/activity-templates': { summary: 'Create a named set of activities', body: createTemplateBody, answers: { 201: templateView }, problems: ['already_exists'] },
  'GET /v1/activity-templates': { summary: 'List the named sets', query: pageQuery, answers: { 200: listOf(templateView) } },
  'GET /v1/activity-templates/{name}': { summary: 'Read a named set', answers: { 200: templateView } },
  'PUT /v1/activity-templates/{name}': { summary: 'Replace a named set', body: replaceTemplateBody, answers: { 200: templateView } },
  'DELETE /v1/activity-templates/{name}': { summary: 'Delete a named set', answers: { 204: null } },
};
