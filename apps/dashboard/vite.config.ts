import { solidStart } from "@solidjs/start/config"
import tailwindcss from "@tailwindcss/vite"
import { nitro } from "nitro/vite"
import { defineConfig } from "vite"

export default defineConfig(({ command }) => ({
  plugins: [
    solidStart({ middleware: "./src/middleware.ts", devOverlay: false }),
    tailwindcss(),
    // `vite` is named, since npm may put a second one into the tree and nitro would take the nearest.
    nitro({ vite: { path: import.meta.resolve("vite") } } as object)
  ],
  // A preset here beats NITRO_PRESET. Static files are served by whichever process serves the pages.
  nitro: {
    preset: process.env["NITRO_PRESET"] ?? "node_server",
    serveStatic: true,
    compressPublicAssets: true,
    // Vite's own scripts for reloading would not pass the policy.
    plugins: command === "build" ? ["./src/server/StaticHeaders.ts"] : []
  },
  server: {
    host: process.env["OPENSEER_DASHBOARD_HOST"] || "127.0.0.1",
    port: Number(process.env["OPENSEER_DASHBOARD_PORT"] || 3000),
    strictPort: true
  }
}))
