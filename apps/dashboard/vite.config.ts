import { solidStart } from "@solidjs/start/config"
import tailwindcss from "@tailwindcss/vite"
import { nitro } from "nitro/vite"
import { defineConfig } from "vite"

/**
 * Which modules are one script. Left to itself, the bundler makes one of whatever the same pages share: 46 scripts for the
 * list, which gzip compresses by 8 kB less than these. A group takes what its modules import with it, so what other pages
 * need as well is taken by the group before it.
 */
const scripts = [
  { name: "solid", test: /node_modules.(solid-js|@solidjs)\//, priority: 4 },
  { name: "common", minShareCount: 8, priority: 3 },
  {
    name: "figures",
    test: /src.(components.(UptimeStrip|Sparkline)|charts.Quantity|checks.ReasonWords)\./,
    priority: 2
  },
  { name: "wordmark", test: /src.components.Wordmark\./, priority: 2 },
  { name: "shell", test: /src.(components.(AppShell|Menu|Shortcuts|ThemeToggle)|live.LivePill)\./, priority: 1 },
  { name: "list", test: /src.monitors.(MonitorRow|MonitorTable|Overview)\./, priority: 1 }
]

/** Of them, some modules run code when they are imported that nobody in a browser needs. */
const withoutEffects = /node_modules.(h3|radix3|seroval|terracotta)\//

// A preset here beats NITRO_PRESET. Static files are served by whichever process serves the pages.
const preset = process.env["NITRO_PRESET"] ?? "node_server"

const serverPlugins = [
  "./src/server/StaticHeaders.ts",
  "./src/server/Compression.ts",
  // With any other preset the server is somebody else's.
  ...(preset === "node_server" ? ["./src/server/SlowClients.ts"] : [])
]

export default defineConfig(({ command }) => ({
  plugins: [
    solidStart({ middleware: "./src/middleware.ts", devOverlay: false }),
    tailwindcss(),
    // `vite` is named, since npm may put a second one into the tree and nitro would take the nearest.
    nitro({ vite: { path: import.meta.resolve("vite") } } as object)
  ],
  environments: {
    client: {
      build: {
        rolldownOptions: {
          output: { codeSplitting: { groups: scripts } },
          treeshake: { moduleSideEffects: [{ test: withoutEffects, sideEffects: false }] }
        }
      }
    }
  },
  nitro: {
    preset,
    serveStatic: true,
    compressPublicAssets: true,
    // Vite's own scripts for reloading would not pass the policy.
    plugins: command === "build" ? serverPlugins : []
  },
  server: {
    host: process.env["OPENSEER_DASHBOARD_HOST"] || "127.0.0.1",
    port: Number(process.env["OPENSEER_DASHBOARD_PORT"] || 3000),
    strictPort: true
  }
}))
