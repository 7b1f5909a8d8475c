import { defineConfig } from "vitest/config"

export default defineConfig({
  resolve: { conditions: ["@openseer/source"] },
  ssr: { resolve: { conditions: ["@openseer/source"] } },
  test: {
    globalSetup: ["test/TestDatabase.globalSetup.ts"],
    include: [
      "packages/*/src/**/*.test.ts",
      "apps/worker/src/**/*.test.ts",
      "scripts/**/*.test.ts",
      "test/**/*.test.ts"
    ],
    testTimeout: 20_000,
    hookTimeout: 60_000
  }
})
