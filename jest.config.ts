import unit from './jest.unit.config.ts';

const servers = {
  globalSetup: '<rootDir>/packages/testkit/src/start-servers.ts',
  globalTeardown: '<rootDir>/packages/testkit/src/stop-servers.ts',
};

export default {
  // Two cores carry Kafka and PostgreSQL too: test files take turns.
  maxWorkers: 1,
  testTimeout: 30_000,
  cacheDirectory: unit.cacheDirectory,
  projects: [
    { ...unit, displayName: 'unit', testMatch: ['**/src/**/*.test.ts'] },
    { ...unit, ...servers, displayName: 'integration', testMatch: ['**/test/**/*.int.test.ts', '**/tests/**/*.int.test.ts'] },
  ],
};
