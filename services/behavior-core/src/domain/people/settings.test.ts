import { expect, test } from '@jest/globals';
import { mergeSettings, shownSettings, type Settings } from './settings.ts';

const untouched: Settings = {
  name: null, language: null, timezone: 'UTC', preferred_reminder_hour: null, preferred_channels: [], morning_person: null, night_owl: null,
};
const chosen: Settings = {
  name: 'Ada', language: 'de', timezone: 'Europe/Berlin', preferred_reminder_hour: 7, preferred_channels: ['telegram', 'slack'], morning_person: true, night_owl: false,
};

test('a user who has chosen nothing is shown the defaults', () => {
  expect(shownSettings(untouched)).toEqual({
    name: null, language: null, timezone: 'UTC', preferred_reminder_hour: 9, preferred_channels: '', morning_person: null, night_owl: null,
  });
});

test.each(['name', 'language', 'timezone', 'preferred_reminder_hour', 'preferred_channels', 'morning_person', 'night_owl'] as const)('%s changes alone, stays when it is left out, and goes back to its default with null', (field) => {
  expect(mergeSettings(untouched, { [field]: chosen[field] })).toEqual({ ...untouched, [field]: chosen[field] });
  expect(mergeSettings(chosen, { [field]: undefined })).toEqual(chosen);
  expect(mergeSettings(chosen, { [field]: null })).toEqual({ ...chosen, [field]: untouched[field] });
});

test('false and hour 0 are choices, not absences', () => {
  expect(mergeSettings(chosen, { morning_person: false, preferred_reminder_hour: 0 })).toMatchObject({ morning_person: false, preferred_reminder_hour: 0 });
  expect(shownSettings({ ...chosen, preferred_reminder_hour: 0 })).toMatchObject({ preferred_reminder_hour: 0, preferred_channels: 'telegram,slack' });
});
