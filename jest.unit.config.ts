// Unit tests of one package (`--rootDir .`): pure, so that their results can be cached.
export default {
  testEnvironment: 'node',
  // They run beside builds. What takes long is seen in the summary.
  testTimeout: 30_000,
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': ['@swc/jest', { jsc: { parser: { syntax: 'typescript' }, target: 'es2024' }, module: { type: 'es6' } }],
  },
  cacheDirectory: `${import.meta.dirname}/.waggle/cache/jest`,
  testMatch: ['<rootDir>/src/**/*.test.ts'],
};
