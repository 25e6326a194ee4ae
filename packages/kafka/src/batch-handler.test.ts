import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { defineBatchHandler, defineDrawingHandler, done, type RawRecord } from './batch-handler.ts';

const message = { topic: 't', data: z.object({ id: z.string(), user: z.object({ age: z.int() }), kind: z.enum(Array.from({ length: 100 }, (_, n) => `kind_${n}`)) }), key: () => 'k' };
const aRecord = (value: string): RawRecord => ({ partition: 0, offset: '0', key: 'k', value, headers: {} });
const good = '{"id":"evt_1","user":{"age":7},"kind":"kind_1"}';

const HANDLERS = [
  { description: 'a batch', handler: defineBatchHandler(message, { handle: async (records) => records.map(done) }) },
  { description: 'drawn', handler: defineDrawingHandler(message, { handle: async (records) => void [...records] }) },
];

describe.each(HANDLERS)('$description', ({ handler }) => {
  test.each([
    { description: 'the first field that is wrong', value: '{"id":"evt_1","user":{"age":"7"},"kind":"none"}', error: 'user.age: Invalid input: expected number, received string' },
    { description: 'no object', value: '[]', error: 'Invalid input: expected object, received array' },
    { description: 'cut short', value: '{"id":"evt_', error: 'The value is not JSON' },
    { description: 'nothing', value: '', error: 'The value is not JSON' },
  ])('an operator is told what was wrong: $description', async ({ value, error }) => {
    expect(await handler.handle([aRecord(good), aRecord(value), aRecord(good)])).toEqual([done(), { kind: 'rejected', reason: 'schema_mismatch', error }, done()]);
  });

  test('what would take long to say is cut', async () => {
    const [outcome] = await handler.handle([aRecord('{"id":"evt_1","user":{"age":7},"kind":"none"}')]);
    expect(outcome).toMatchObject({ error: expect.stringMatching(/^kind: Invalid option.{200,284}…$/) });
  });
});
