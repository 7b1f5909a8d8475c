/**
 * What stands at a path that has nothing, with its status.
 */
import { HttpStatusCode } from "@solidjs/start"
import { ButtonLink } from "~/components/Button.tsx"
import { PageTitle } from "~/components/PageTitle.tsx"

/** The page for nothing. `what` names it: "monitor". */
export function NotFound(props: { what?: string }) {
  return (
    <section class="mx-auto flex max-w-lg flex-col items-start gap-3 px-6 py-24">
      <PageTitle words="Not found" />
      <HttpStatusCode code={404} />
      <p class="font-mono text-muted">404</p>
      <h1 class="text-2xl font-semibold">There is no such {props.what ?? "page"}</h1>
      <p class="text-muted">It was removed, belongs to another organization, or the address has a typing error.</p>
      <ButtonLink href="/" variant="primary" class="mt-3">
        To the monitors
      </ButtonLink>
    </section>
  )
}
