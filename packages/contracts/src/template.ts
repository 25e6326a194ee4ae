import { z } from 'zod';
import { createActivityBody } from './activity.ts';
import { description, label, utcTimestamp } from './scalars.ts';

/** A creation body that suits any user: what names one user or one object has no place in it. */
const templateActivity = createActivityBody
  .refine(({ id }) => id === undefined, { path: ['id'], message: 'An id can be given once; leave it out of a template' })
  .refine(({ user_id }) => user_id === undefined, { path: ['user_id'], message: 'A template belongs to no user' });

const ACTIVITIES_MAX = 200;
const activities = z.array(templateActivity).min(1).max(ACTIVITIES_MAX);

/** `POST /v1/activity-templates` */
export const createTemplateBody = z.strictObject({ name: label, description: description.nullish(), activities });

/** `PUT /v1/activity-templates/{name}`: the whole of it. The name may be repeated. */
export const replaceTemplateBody = createTemplateBody.partial({ name: true });

/** `activities` are creation bodies with their defaults filled in. */
export const templateView = z.object({
  name: z.string(), description: z.string().nullable(), activities: z.array(z.looseObject({ type: z.string(), name: z.string() })), created_at: utcTimestamp, updated_at: utcTimestamp,
});
export type TemplateView = z.infer<typeof templateView>;
