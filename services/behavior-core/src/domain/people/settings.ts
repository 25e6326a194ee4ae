import type { SettingsBody } from '@waggle/contracts';

/** What a user has chosen. Null: nothing; what then holds is said by `shownSettings`. */
export interface Settings {
  name: string | null;
  language: string | null;
  timezone: string;
  preferred_reminder_hour: number | null;
  preferred_channels: string[];
  morning_person: boolean | null;
  night_owl: boolean | null;
}

const DEFAULT_ZONE = 'UTC';
/** Contract, section 3. */
export const DEFAULT_REMINDER_HOUR = 9;

/** What is left out stays as it is; null goes back to the default. */
export function mergeSettings(before: Settings, given: SettingsBody): Settings {
  const choose = <Value>(value: Value | null | undefined, kept: Value, initial: Value): Value => (value === undefined ? kept : value ?? initial);
  return {
    name: choose(given.name, before.name, null),
    language: choose(given.language, before.language, null),
    timezone: choose(given.timezone, before.timezone, DEFAULT_ZONE),
    preferred_reminder_hour: choose(given.preferred_reminder_hour, before.preferred_reminder_hour, null),
    preferred_channels: choose(given.preferred_channels, before.preferred_channels, []),
    morning_person: choose(given.morning_person, before.morning_person, null),
    night_owl: choose(given.night_owl, before.night_owl, null),
  };
}

/** As a client sees them. */
export function shownSettings({ name, language, timezone, preferred_reminder_hour, preferred_channels, morning_person, night_owl }: Settings) {
  const hour = preferred_reminder_hour ?? DEFAULT_REMINDER_HOUR;
  return { name, language, timezone, preferred_reminder_hour: hour, preferred_channels: preferred_channels.join(','), morning_person, night_owl };
}
