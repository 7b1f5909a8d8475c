/**
 * The form of a check type.
 */
import type { CheckTypeInfo, CheckTypes } from "@openseer/core/contract/CheckTypesApi"
import { createMemo, type JSX, Show } from "solid-js"

/**
 * Made anew when the kind is another one, and then alone: the types are read anew when a connection was lost, and a form
 * that is made anew forgets what was typed.
 */
export function OfType(props: {
  types: CheckTypes
  kind: string
  fallback: JSX.Element
  children: (type: CheckTypeInfo) => JSX.Element
}) {
  const type = createMemo(() => props.types.items.find(({ kind }) => kind === props.kind), undefined, {
    equals: (before, now) => before?.kind === now?.kind
  })
  return (
    <Show when={type()} keyed fallback={props.fallback}>
      {(known) => props.children(known)}
    </Show>
  )
}
