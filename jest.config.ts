const base = {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': ['@swc/jest', { jsc: { parser: { syntax: 'typescript' }, target: 'es2024' }, module: { type: 'es6' } }],
  },
};

const servers = {
  globalSetup: '<rootDir>/packages/testkit/src/start-servers.ts',
  globalTeardown: '<rootDir>/packages/testkit/src/stop-servers.ts',
};

export default {
  // Two cores carry Kafka and PostgreSQL too: test files take turns.
  maxWorkers: 1,
  testTimeout: 30_000,
  cacheDirectory: '<rootDir>/.waggle/cache/jest',
  projects: [
    { ...base, displayName: 'unit', testMatch: ['**/src/**/*.test.ts'] },
    { ...base, ...servers, displayName: 'integration', testMatch: ['**/test/**/*.int.test.ts', '**/tests/**/*.int.test.ts'] },
  ],
};
