import { createTemplateBody, label, pageQuery, replaceTemplateBody, toUtc, type CreateActivityBody, type TemplateView } from '@waggle/contracts';
import { answerPage, created, invalid, noContent, ok, parseBody, Problem, requireSystemKey, type ApiRequest, type Route } from '@waggle/http';
import { z } from 'zod';
import type { TemplateRow, TemplateStore } from '../../adapters/people/template-store.ts';
import { faultOfRecurrence } from '../../domain/activities/define.ts';
import { administrator } from './named-user.ts';

const position = z.tuple([label]);

/** Named sets for onboarding. Any key of the workspace reads them, system keys write them. */
export function templatesRoutes({ templates }: { templates: TemplateStore }): Route[] {
  async function create(request: ApiRequest) {
    requireSystemKey(request.caller);
    const { name, description = null, activities } = parseBody(createTemplateBody, request.body);
    requireRecurrences(activities);
    const made = await templates.create(administrator(request), { name, description, activities });
    if (made === null) throw new Problem('already_exists', { detail: `There is a template ${name}` });
    return created(toView(made));
  }

  async function list(request: ApiRequest) {
    return answerPage(request, {
      query: pageQuery,
      scope: ['activity-templates'],
      position,
      load: ({ after, limit }) => templates.list(request.caller.workspaceId, { after: after?.[0] ?? null, limit }),
      positionOf: ({ name }) => [name],
      toItem: toView,
    });
  }

  async function find({ caller, params }: ApiRequest) {
    const found = await templates.find(caller.workspaceId, nameIn(params));
    if (found === null) throw unknownTemplate();
    return ok(toView(found));
  }

  async function replace(request: ApiRequest) {
    requireSystemKey(request.caller);
    const name = nameIn(request.params);
    const { name: repeated = name, description = null, activities } = parseBody(replaceTemplateBody, request.body);
    if (repeated !== name) throw invalid('name', 'May be repeated, not changed');
    requireRecurrences(activities);
    const replaced = await templates.replace(administrator(request), { name, description, activities });
    if (replaced === null) throw unknownTemplate();
    return ok(toView(replaced));
  }

  async function remove(request: ApiRequest) {
    requireSystemKey(request.caller);
    if (!(await templates.remove(administrator(request), nameIn(request.params)))) throw unknownTemplate();
    return noContent();
  }

  return [
    { method: 'post', path: '/v1/activity-templates', handle: create },
    { method: 'get', path: '/v1/activity-templates', handle: list },
    { method: 'get', path: '/v1/activity-templates/:name', handle: find },
    { method: 'put', path: '/v1/activity-templates/:name', handle: replace },
    { method: 'delete', path: '/v1/activity-templates/:name', handle: remove },
  ];
}

/** Whether a rule is one is for the domain to say, as when an activity is created. */
function requireRecurrences(activities: readonly CreateActivityBody[]): void {
  const errors = activities.flatMap(({ schedule: { recurrence } }, index) => {
    const message = faultOfRecurrence(recurrence);
    return message === null ? [] : [{ path: `activities.${index}.schedule.recurrence`, message }];
  });
  if (errors.length > 0) throw new Problem('validation_failed', { errors });
}

const unknownTemplate = () => new Problem('not_found', { detail: 'No such template' });

function nameIn({ name }: ApiRequest['params']): string {
  const parsed = label.safeParse(name);
  if (!parsed.success) throw unknownTemplate();
  return parsed.data;
}

function toView({ name, description, activities, created_at, updated_at }: TemplateRow): TemplateView {
  return { name, description, activities, created_at: toUtc(created_at), updated_at: toUtc(updated_at) };
}
