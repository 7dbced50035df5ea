import { defineConfig } from 'vitest/config';

/** Many more random histories than `npm test` has time for: `npm run test:long`. */
export default defineConfig({
  test: {
    include: ['test/simulation/**/*.test.ts', 'test/secagg/**/*.test.ts', 'test/long/**/*.test.ts'],
    exclude: ['dist/**', 'node_modules/**'],
    testTimeout: 600_000,
    env: { FEDWARD_SIMULATION_HISTORIES: '5000', FEDWARD_SCHEDULES_TIMES: '20' },
  },
});
