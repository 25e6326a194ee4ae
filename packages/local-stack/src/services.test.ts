import { expect, test } from '@jest/globals';
import { environmentOf, namesOfInstances, parseScale, type ServicesDeps } from './services.ts';

test('what --scale does not name runs once', () => {
  expect(parseScale('ingress=2,event-log=3')).toEqual({ ingress: 2, 'behavior-core': 1, 'outbound-dispatcher': 1, 'event-log': 3 });
  expect(namesOfInstances(parseScale('ingress=2'))).toEqual([
    { name: 'ingress', number: 1 },
    { name: 'ingress', number: 2 },
    { name: 'behavior-core', number: 1 },
    { name: 'outbound-dispatcher', number: 1 },
    { name: 'event-log', number: 1 },
  ]);
});

test.each([
  ['ingres=2', 'there is no service ingres'],
  ['gateway=2', 'there is no service gateway'],
  ['ingress=0', 'ingress=0 is not <service>=<1 to 9>'],
  ['ingress', 'ingress is not <service>=<1 to 9>'],
])('--scale %s is refused in words', (text, message) => {
  expect(() => parseScale(text)).toThrow(message);
});

test('the dispatcher has threads for many endpoints whose name servers are silent', () => {
  const deps: ServicesDeps = {
    directory: '', instances: [], gatewayPort: 1, servers: { kafkaBroker: '', redisUrl: '', postgresUrl: '' }, databases: [], signal: AbortSignal.abort(),
    secrets: { postgresPassword: '', behaviorPassword: '', dispatchPassword: '', eventLogPassword: '', biPassword: '', internalToken: '', operationSecret: '', encryptionKeys: '' },
  };
  const dispatcher = { name: 'outbound-dispatcher', number: 1, port: 1, internalPort: 2 } as const;
  expect(environmentOf(dispatcher, deps)).toMatchObject({ UV_THREADPOOL_SIZE: '64' });
});
