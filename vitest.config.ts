import { configDefaults, defineConfig } from "vitest/config";

const onServices = "test/**/*.services.test.ts";

export default defineConfig({
  test: {
    globalSetup: ["test/build-once.ts"],
    pool: "forks",
    // A poll waits for what comes by itself; how soon it comes is the bench's business.
    expect: { poll: { timeout: 15_000 } },
    projects: [
      {
        extends: true,
        test: {
          name: "program",
          include: ["test/**/*.test.ts"],
          exclude: [...configDefaults.exclude, onServices],
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
      {
        // Each file starts Kafka, InfluxDB or Mosquitto of its own: one at a time, after the others.
        extends: true,
        test: {
          name: "services",
          include: [onServices],
          fileParallelism: false,
          sequence: { groupOrder: 1 },
          testTimeout: 180_000,
          hookTimeout: 300_000,
        },
      },
    ],
  },
});
