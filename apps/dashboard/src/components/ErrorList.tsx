/**
 * What is wrong with which member of what was sent.
 */
import { For, Show } from "solid-js"
import type { Problem } from "~/api/ApiProblem.ts"

/** One line an error; nothing when there is none. */
export function ErrorList(props: { errors: Problem["errors"] }) {
  return (
    <Show when={props.errors?.length}>
      <ul class="list-disc pl-5">
        <For each={props.errors}>
          {({ message, path }) => (
            <li class="wrap-anywhere">
              {path !== "" && <code>{path}</code>} {message}
            </li>
          )}
        </For>
      </ul>
    </Show>
  )
}
