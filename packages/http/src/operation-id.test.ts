import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createOperationIds } from './operation-id.ts';

const ids = createOperationIds('ab'.repeat(32));
const NOW = 1_795_000_000_000;
const system = { workspaceId: 'ws_1', userId: null };
const user = { workspaceId: 'ws_1', userId: 'usr_1' };

test('an id says when it was given out, what for and who keeps it, to its maker and to system keys of the workspace', () => {
  const id = ids.make(user, 'dispatcher', NOW);
  expect(id).toMatch(/^op_[0-9a-f]{56}$/);
  expect(ids.read(id, user)).toEqual({ keeper: 'dispatcher', kind: 'replay', acceptedAtMs: NOW });
  expect(ids.read(id, system)).toEqual({ keeper: 'dispatcher', kind: 'replay', acceptedAtMs: NOW });
});

test("the core's operations are of several kinds", () => {
  expect(ids.read(ids.make(user, 'core', NOW), user)).toMatchObject({ keeper: 'core', kind: 'inbound' });
  expect(ids.read(ids.make(user, 'core', NOW, 'bulk'), user)).toMatchObject({ keeper: 'core', kind: 'bulk' });
});

test.each([
  { reader: { workspaceId: 'ws_2', userId: null }, description: "another workspace's system key" },
  { reader: { workspaceId: 'ws_1', userId: 'usr_2' }, description: 'another user' },
])('it was never given out for $description', ({ reader }) => {
  expect(ids.read(ids.make(user, 'core', NOW), reader)).toBeNull();
});

test("a system key's operation is not a user's", () => {
  expect(ids.read(ids.make(system, 'core', NOW), user)).toBeNull();
});

test('an id in which one digit is changed was never given out', () => {
  fc.assert(
    fc.property(fc.nat(55), fc.integer({ min: 1, max: 15 }), (place, shift) => {
      const id = ids.make(user, 'core', NOW);
      const digit = ((Number.parseInt(id[place + 3]!, 16) + shift) % 16).toString(16);
      expect(ids.read(id.slice(0, place + 3) + digit + id.slice(place + 4), system)).toBeNull();
    }),
  );
});

test.each(['', 'op_', 'op_xyz', `op_${'0'.repeat(56)}`])('"%s" was never given out', (id) => {
  expect(ids.read(id, system)).toBeNull();
});
