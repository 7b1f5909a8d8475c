/**
 * The layout of every page that needs somebody to be signed in.
 */
import { createAsync, type RouteSectionProps } from "@solidjs/router"
import { ErrorBoundary, Suspense } from "solid-js"
import { getAccount } from "~/api/Account.ts"
import { AccountContext } from "~/components/AccountContext.tsx"
import { AppShell } from "~/components/AppShell.tsx"
import { ErrorPage } from "~/components/ErrorPage.tsx"
import { LiveProvider } from "~/live/Live.tsx"

export const route = { preload: () => void getAccount() }

export default function AppLayout(props: RouteSectionProps) {
  const account = createAsync(() => getAccount(), { deferStream: true })
  return (
    <AccountContext.Provider value={account}>
      <LiveProvider>
        <AppShell>
          <ErrorBoundary fallback={(error, reset) => <ErrorPage error={error} retry={reset} />}>
            <Suspense>{props.children}</Suspense>
          </ErrorBoundary>
        </AppShell>
      </LiveProvider>
    </AccountContext.Provider>
  )
}
