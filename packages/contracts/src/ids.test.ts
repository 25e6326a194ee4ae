import { expect, test } from '@jest/globals';
import { derivedId, newId } from './ids.ts';

test('an id is its prefix and 26 digits that sort by time', () => {
  const [earlier, later] = [newId('evt', 1_795_000_000_000), newId('evt', 1_795_000_000_001)];
  expect(earlier).toMatch(/^evt_[0-7][0-9a-hjkmnp-tv-z]{25}$/);
  expect(earlier < later).toBe(true);
});

// TypeID 0.3's own vector for the UUIDv7 0188bac7-4afa-78aa-bc3b-bd1eef28d881.
test("the encoding is TypeID's", () => {
  const time = 0x0188bac74afa;
  expect(newId('act', time).slice(0, 14)).toBe('act_01h2xcejqt'.slice(0, 14));
});

test('the same cause gives the same id, another cause another', () => {
  const id = derivedId('evt', 1_795_000_000_000, 'op_1', 0);
  expect(derivedId('evt', 1_795_000_000_000, 'op_1', 0)).toBe(id);
  expect(derivedId('evt', 1_795_000_000_000, 'op_1', 1)).not.toBe(id);
  expect(derivedId('dlv', 1_795_000_000_000, 'op_1', 0).slice(4)).not.toBe(id.slice(4));
});
