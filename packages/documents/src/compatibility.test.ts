import { expect, test } from '@jest/globals';
import { incompatibilities } from './compatibility.ts';

const person = { type: 'string' };
const before = {
  type: 'object', title: 'then', required: ['id', 'steps'],
  properties: {
    id: { type: 'string' }, channel: { type: 'string' }, state: { enum: ['done', 'skipped'] }, streak: { anyOf: [{ type: 'integer' }, { type: 'null' }] },
    steps: { type: 'array', items: { type: 'object', required: ['id'], properties: { id: { type: 'string' }, by: person } } },
  },
};
const { channel: _, ...withoutChannel } = before.properties;
const changed = (properties: object, rest: object = {}) => ({ ...before, ...rest, properties: { ...before.properties, ...properties } });
const steps = (items: object) => changed({ steps: { type: 'array', items } });

test.each<[string, Record<string, unknown>, string[]]>([
  ['the same', before, []],
  ['a new field that may be missing', changed({ note: { type: 'string' } }), []],
  ['another title', changed({}, { title: 'now' }), []],
  ['a removed field', { ...before, properties: withoutChannel }, ['$.channel was removed']],
  ['a new required field', changed({ note: { type: 'string' } }, { required: ['id', 'steps', 'note'] }), ['$.note is required and new']],
  ['a field that is required now', changed({}, { required: ['id', 'steps', 'channel'] }), ['$.channel is required now']],
  ['a field that may be missing now', changed({}, { required: ['id'] }), ['$.steps may be missing now']],
  ['another type', changed({ id: { type: 'integer' } }), ['$.id: type was "string" and is "integer"']],
  ['a wider type', changed({ id: { type: ['string', 'null'] } }), ['$.id: type was "string" and is ["string","null"]']],
  ['a narrower text', changed({ id: { type: 'string', maxLength: 5 } }), ['$.id: maxLength was not given and is 5']],
  ['a value more', changed({ state: { enum: ['done', 'skipped', 'late'] } }), ['$.state: enum was ["done","skipped"] and is ["done","skipped","late"]']],
  ['a form less', changed({ streak: { anyOf: [{ type: 'integer' }] } }), ['$.streak: anyOf had 2 forms and has 1']],
  ['a form of another type', changed({ streak: { anyOf: [{ type: 'number' }, { type: 'null' }] } }), ['$.streak|0: type was "integer" and is "number"']],
  ['a field removed from each item', steps({ type: 'object', required: ['id'], properties: { id: { type: 'string' } } }), ['$.steps[].by was removed']],
  ['no more fields than these', changed({}, { additionalProperties: false }), ['$: additionalProperties was not given and is false']],
])('%s', (_name, after, expected) => {
  expect(incompatibilities(before, after)).toEqual(expected);
});
