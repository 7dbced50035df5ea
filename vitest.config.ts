import { defineConfig } from 'vitest/config';

// Two projects, so that the quick ones can be run alone while working: `vitest run --project unit`.
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/e2e/**', 'test/long/**', 'dist/**', 'node_modules/**'],
          testTimeout: 30_000,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          exclude: ['dist/**', 'node_modules/**'],
          testTimeout: 300_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
