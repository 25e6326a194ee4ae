import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { z } from 'zod';
import { count, flag, list, parseEnvironment, serviceConfig, serviceEnvironment } from './config.ts';

const directory = mkdtempSync(join(tmpdir(), 'waggle-config-'));
afterAll(() => rmSync(directory, { recursive: true }));
const schema = z.object({ SECRET: z.string(), LIMIT: count(5), BROKERS: list, IS_ON: flag });

test('every fault is named at once', () => {
  expect(() => parseEnvironment(schema, { LIMIT: 'many', BROKERS: 'a:1' })).toThrow(/SECRET[\s\S]*LIMIT|LIMIT[\s\S]*SECRET/);
});

test('what is left out has its default, a list is cut at commas', () => {
  expect(parseEnvironment(schema, { SECRET: 's', BROKERS: 'a:1,b:2' })).toEqual({ SECRET: 's', LIMIT: 5, BROKERS: ['a:1', 'b:2'], IS_ON: false });
});

test('a secret can come from a file, and the variable itself wins', () => {
  const file = join(directory, 'secret');
  writeFileSync(file, 'from file\n');
  expect(parseEnvironment(schema, { SECRET_FILE: file, BROKERS: '' })).toMatchObject({ SECRET: 'from file' });
  expect(parseEnvironment(schema, { SECRET_FILE: file, SECRET: 'given', BROKERS: '' })).toMatchObject({ SECRET: 'given' });
});

test("a file that somebody else's variable names is not read", () => {
  expect(parseEnvironment(schema, { SECRET: 's', BROKERS: '', OTHER_FILE: join(directory, 'missing') })).toMatchObject({ SECRET: 's' });
});

test('what every service has is named alike, and paths can be put behind its public URL', () => {
  const env = { KAFKA_BROKERS: 'a:1', KAFKA_PREFIX: 't.', REDIS_URL: 'redis://r', INTERNAL_TOKEN: 'a token of some length', PUBLIC_URL: 'https://waggle.example/' };
  expect(serviceConfig(parseEnvironment(z.object(serviceEnvironment), env), 'ingress')).toMatchObject({
    port: 3000,
    publicUrl: 'https://waggle.example',
    kafka: { brokers: ['a:1'], clientId: 'ingress', prefix: 't.' },
    redis: { url: 'redis://r', timeoutMs: 100 },
  });
});
