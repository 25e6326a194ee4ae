import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createEventParser, type ServerSentEvent } from './server-sent-events.ts';

const TEXT = ': hello\n\nid: c1\nevent: activity.completed\ndata: {"a":1}\n\nid: c2\ndata: one\ndata: two\n\n: beat\n\n';
const EVENTS = [{ id: 'c1', event: 'activity.completed', data: '{"a":1}' }, { id: 'c2', event: 'message', data: 'one\ntwo' }];

function parse(pieces: readonly string[]): ServerSentEvent[] {
  const events: ServerSentEvent[] = [];
  const take = createEventParser((event) => events.push(event));
  for (const piece of pieces) take(piece);
  return events;
}

test('events come whole, and comments do not', () => {
  expect(parse([TEXT])).toEqual(EVENTS);
  expect(parse([TEXT.replaceAll('\n', '\r\n')])).toEqual(EVENTS);
});

test('it does not matter where the pieces end', () => {
  const cuts = fc.array(fc.nat(TEXT.length), { maxLength: 12 }).map((places) => places.toSorted((one, other) => one - other));
  fc.assert(fc.property(cuts, (places) => {
    const pieces = [...places, TEXT.length].map((place, index) => TEXT.slice(index === 0 ? 0 : places[index - 1], place));
    expect(parse(pieces)).toEqual(EVENTS);
  }));
});

test('an event without its blank line is not told yet', () => {
  expect(parse(['data: half\n'])).toEqual([]);
});
