import { changeTaskBody, createTaskBody, pageQuery, taskView, toUtc, type ChangeTaskBody } from '@waggle/contracts';
import { answerPage, created, idPosition, noContent, ok, parseBody, Problem, type ApiRequest, type Route } from '@waggle/http';
import type { z } from 'zod';
import type { CampaignChanges } from '../../adapters/campaigns/campaign-changes.ts';
import type { CampaignStore, TaskRow } from '../../adapters/campaigns/campaign-store.ts';
import { administrator } from '../people/named-user.ts';
import { ownedCampaign, partId } from './owned-campaign.ts';
import { changedWindow, requireWindow, windowView } from './window.ts';

interface TasksDeps {
  store: CampaignStore;
  changes: Pick<CampaignChanges, 'changeTask' | 'removeTask'>;
}

export function tasksRoutes({ store, changes }: TasksDeps): Route[] {
  async function create(request: ApiRequest) {
    const campaign = await ownedCampaign(store, request);
    const body = parseBody(createTaskBody, request.body);
    requireWindow(body);
    return created(toView(await store.createTask(administrator(request), campaign, body)));
  }

  async function list(request: ApiRequest) {
    const campaign = await ownedCampaign(store, request);
    return answerPage(request, {
      query: pageQuery,
      scope: ['tasks', campaign.id],
      position: idPosition,
      load: ({ after, limit }) => store.listTasks(campaign, { after: after?.[0] ?? null, limit }),
      positionOf: ({ id }) => [id],
      toItem: toView,
    });
  }

  async function change(request: ApiRequest) {
    const { id: campaignId } = await ownedCampaign(store, request);
    const given = parseBody(changeTaskBody, request.body);
    const changed = await changes.changeTask(administrator(request), { campaignId, id: partId(request, 'task_id') }, (row) => changedTask(row, given));
    if (changed === null) throw unknownTask();
    return ok(toView(changed));
  }

  async function remove(request: ApiRequest) {
    const { id: campaignId } = await ownedCampaign(store, request);
    if (!(await changes.removeTask(administrator(request), { campaignId, id: partId(request, 'task_id') }))) throw unknownTask();
    return noContent();
  }

  return [
    { method: 'post', path: '/v1/campaigns/:id/tasks', handle: create },
    { method: 'get', path: '/v1/campaigns/:id/tasks', handle: list },
    { method: 'patch', path: '/v1/campaigns/:id/tasks/:task_id', handle: change },
    { method: 'delete', path: '/v1/campaigns/:id/tasks/:task_id', handle: remove },
  ];
}

const unknownTask = () => new Problem('not_found', { detail: 'No such task' });

function changedTask(row: TaskRow, given: ChangeTaskBody): TaskRow {
  const { name = row.name, points = row.points, recurrence = row.recurrence, max_awards: maxAwards = row.maxAwards } = given;
  return { ...row, name, points, recurrence, maxAwards, ...changedWindow(row, given) };
}

function toView(row: TaskRow): z.infer<typeof taskView> {
  const { id, campaignId: campaign_id, name, points, maxAwards: max_awards, awardsUsed: awards_used } = row;
  const { verification, recurrence } = taskView.pick({ verification: true, recurrence: true }).parse(row);
  const times = { ...windowView(row), created_at: toUtc(row.createdAt), updated_at: toUtc(row.updatedAt) };
  return { id, campaign_id, name, verification, points, recurrence, max_awards, awards_used, ...times };
}
