/**
 * What stands in place of a page that could not be shown.
 */
import { HttpStatusCode } from "@solidjs/start"
import { Show } from "solid-js"
import { problemOf } from "~/api/ApiProblem.ts"
import { Button } from "~/components/Button.tsx"
import { PageTitle } from "~/components/PageTitle.tsx"

/** Says what went wrong, and offers to try again. */
export function ErrorPage(props: { error: unknown; retry?: () => void }) {
  const problem = () => problemOf(props.error)
  return (
    <section class="mx-auto flex max-w-lg flex-col items-start gap-3 px-6 py-24">
      <PageTitle words={problem().title} />
      <HttpStatusCode code={problem().status} />
      <p class="font-mono text-muted">{problem().status}</p>
      <h1 class="text-2xl font-semibold">{problem().title}</h1>
      <Show when={problem().detail}>
        <p class="text-muted">{problem().detail}</p>
      </Show>
      <Show when={problem().instance}>
        <p class="text-muted">
          Trace <code class="font-mono">{problem().instance}</code>
        </p>
      </Show>
      <div class="mt-3 flex gap-2">
        <Show when={props.retry}>
          <Button variant="primary" onClick={() => props.retry?.()}>
            Try again
          </Button>
        </Show>
        {/* A whole page load: whatever broke is gone with it. */}
        <a class="inline-flex min-h-8 items-center px-3 text-accent hover:underline" href="/" target="_self">
          To the monitors
        </a>
      </div>
    </section>
  )
}
