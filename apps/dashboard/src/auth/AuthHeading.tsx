/**
 * The heading of a page on which somebody signs in.
 */
import { type JSX, Show } from "solid-js"
import { PageTitle } from "~/components/PageTitle.tsx"

/** Also the title of the page. `children` is a sentence below it. */
export function AuthHeading(props: { title: string; children?: JSX.Element }) {
  return (
    <div class="mb-5 flex flex-col gap-1">
      <PageTitle words={props.title} />
      <h1 class="text-xl font-semibold text-balance">{props.title}</h1>
      <Show when={"children" in props}>
        <div class="text-muted">{props.children}</div>
      </Show>
    </div>
  )
}
