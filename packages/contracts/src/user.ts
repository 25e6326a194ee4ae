import { z } from 'zod';
import { channelName, label, timeZone, utcTimestamp } from './scalars.ts';

const CHANNELS_MAX = 20;

/** Names with commas between them, kept without the spaces around; empty for none. */
const channelList = z.string().max(2_000).transform((text, context) => {
  const names = text.split(',').map((name) => name.trim());
  if (names.length === 1 && names[0] === '') return [];
  const isGood = names.length <= CHANNELS_MAX && new Set(names).size === names.length && names.every((name) => channelName.safeParse(name).success);
  if (isGood) return names;
  context.addIssue(`Must be up to ${CHANNELS_MAX} different channel names with commas between them, as in telegram,slack`);
  return z.NEVER;
});

/** A language tag (BCP 47), kept in its canonical spelling: `de`, `pt-BR`. */
const language = z.string().max(35).transform((tag, context) => {
  try {
    const [canonical] = Intl.getCanonicalLocales(tag);
    if (canonical !== undefined) return canonical;
  } catch {
    // Said below.
  }
  context.addIssue('Must be a language tag, as in de or pt-BR');
  return z.NEVER;
});

/** `PUT /v1/users/{id}/settings`: what is left out stays as it is, null goes back to the default. */
export const settingsBody = z.strictObject({
  name: label.nullish(),
  language: language.nullish(),
  timezone: timeZone.nullish(),
  preferred_reminder_hour: z.int().min(0).max(23).nullish(),
  preferred_channels: channelList.nullish(),
  morning_person: z.boolean().nullish(),
  night_owl: z.boolean().nullish(),
});
export type SettingsBody = z.infer<typeof settingsBody>;

const settings = {
  name: z.string().nullable(),
  language: z.string().nullable(),
  timezone: z.string(),
  preferred_reminder_hour: z.int(),
  preferred_channels: z.string(),
  morning_person: z.boolean().nullable(),
  night_owl: z.boolean().nullable(),
};

/** `GET /v1/users/{id}/settings` */
export const settingsView = z.object({ user_id: z.string(), ...settings, updated_at: utcTimestamp });
export type SettingsView = z.infer<typeof settingsView>;

/** `GET /v1/users/{id}` */
export const userView = z.object({ id: z.string(), ...settings, created_at: utcTimestamp, updated_at: utcTimestamp });
export type UserView = z.infer<typeof userView>;
