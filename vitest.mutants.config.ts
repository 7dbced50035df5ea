import { defineConfig } from 'vitest/config';

/** Used in a copy of the house only: `npm run test:mutants` starts one of these for each mutant. */
export default defineConfig({
  // Not into the node_modules that all copies share.
  cacheDir: '.vitest',
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['dist/**', 'node_modules/**'],
    testTimeout: 30_000,
    maxWorkers: 1,
  },
});
