/**
 * The monitor that is in the form as code: JSON for the API, a line for a shell. Secrets are not in it: … stands for them.
 */
import { createMemo, Show } from "solid-js"
import { CopyButton } from "~/components/CopyButton.tsx"
import { checkLine, curlLine, withoutSecrets } from "~/editor/CodeLines.ts"

/** `input` is what the API would be sent; `monitorId` of one that there is already. */
export function CodeView(props: {
  input: { readonly kind: string; readonly spec: unknown }
  monitorId?: string | undefined
}) {
  const input = createMemo(() => withoutSecrets(props.input))
  const json = createMemo(() => JSON.stringify(input(), null, 2))
  const curl = createMemo(() => curlLine(location.origin, input(), props.monitorId))
  const check = createMemo(() => checkLine(input()))
  return (
    <div class="flex flex-col gap-4">
      <Code title="JSON, as POST /api/v1/monitors takes it" text={json()} what="the JSON" />
      <Code title="With curl" text={curl()} what="the curl line" />
      <Show when={check()}>
        {(line) => <Code title="The same check once, from your shell" text={line()} what="the command" />}
      </Show>
    </div>
  )
}

function Code(props: { title: string; text: string; what: string }) {
  return (
    <section class="min-w-0">
      <div class="mb-1 flex items-center justify-between gap-2">
        <h3 class="font-medium">{props.title}</h3>
        <CopyButton text={props.text} what={props.what} />
      </div>
      <pre tabindex="0" class="max-h-80 overflow-auto rounded-md bg-sunken p-3 font-mono text-[12px]">
        {props.text}
      </pre>
    </section>
  )
}
