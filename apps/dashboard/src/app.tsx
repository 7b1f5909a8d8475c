/**
 * The app: its router, and what stands around every page.
 */
import { MetaProvider, Title } from "@solidjs/meta"
import { Router } from "@solidjs/router"
import { FileRoutes } from "@solidjs/start/router"
import { ErrorBoundary, Suspense } from "solid-js"
import { ErrorPage } from "~/components/ErrorPage.tsx"
import { Toaster } from "~/components/Toaster.tsx"
import "./app.css"

export default function App() {
  return (
    <Router
      root={(props) => (
        <MetaProvider>
          <Title>OpenSeer</Title>
          <ErrorBoundary
            fallback={(error, reset) => (
              <main>
                <ErrorPage error={error} retry={reset} />
              </main>
            )}
          >
            <Suspense>{props.children}</Suspense>
          </ErrorBoundary>
          <Toaster />
        </MetaProvider>
      )}
    >
      <FileRoutes />
    </Router>
  )
}
