// Unit tests of one package (`--rootDir .`): pure, so that their results can be cached.
export default {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': ['@swc/jest', { jsc: { parser: { syntax: 'typescript' }, target: 'es2024' }, module: { type: 'es6' } }],
  },
  cacheDirectory: `${import.meta.dirname}/.waggle/cache/jest`,
  testMatch: ['<rootDir>/src/**/*.test.ts'],
};
