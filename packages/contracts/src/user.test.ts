import { expect, test } from '@jest/globals';
import { settingsBody } from './user.ts';

test.each([
  ['timezone', 'Europe/Berlin', 'Europe/Berlin'],
  ['timezone', 'europe/berlin', 'Europe/Berlin'],
  ['timezone', 'Asia/Kolkata', 'Asia/Kolkata'],
  ['timezone', 'UTC', 'UTC'],
  ['language', 'pt-br', 'pt-BR'],
  ['preferred_channels', ' telegram , slack', ['telegram', 'slack']],
  ['preferred_channels', '', []],
  ['preferred_reminder_hour', 0, 0],
  ['preferred_reminder_hour', 23, 23],
  ['name', null, null],
] as const)('%s: %j is taken', (field, given, taken) => {
  expect(settingsBody.parse({ [field]: given })).toEqual({ [field]: taken });
});

test.each([
  ['timezone', 'Mars/Olympus'],
  ['timezone', '+01:00'],
  ['timezone', ''],
  ['timezone', 'Europe/Berlin\u0000'],
  ['timezone', 3],
  ['language', 'no language'],
  ['language', ''],
  ['preferred_channels', 'telegram,,slack'],
  ['preferred_channels', 'telegram,telegram'],
  ['preferred_channels', 'a\u0000b'],
  ['preferred_channels', ['telegram']],
  ['preferred_channels', Array.from({ length: 21 }, (_, index) => `c${index}`).join(',')],
  ['preferred_reminder_hour', 24],
  ['preferred_reminder_hour', -1],
  ['preferred_reminder_hour', 7.5],
  ['preferred_reminder_hour', '7'],
  ['morning_person', 'yes'],
  ['name', ''],
  ['name', 'x'.repeat(201)],
  ['name', '\ud800'],
  ['time_zone', 'Europe/Berlin'],
])('%s: %j is refused, and that field is named', (field, given) => {
  const { error } = settingsBody.safeParse({ [field]: given });
  expect(error?.issues.map((issue) => (issue.code === 'unrecognized_keys' ? issue.keys : issue.path))).toEqual([[field]]);
});
