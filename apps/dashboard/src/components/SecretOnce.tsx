/**
 * A secret that is shown this once: an API key, an enrollment token, an invitation link.
 */
import { createUniqueId, type JSX } from "solid-js"
import { CopyButton } from "~/components/CopyButton.tsx"
import { inputClass } from "~/components/Field.tsx"

/** `label` names the secret: "API key". Below it stands what to do with it. */
export function SecretOnce(props: { label: string; secret: string; children?: JSX.Element }) {
  const id = createUniqueId()
  return (
    <div role="status" class="flex flex-col gap-2 rounded-panel border border-accent bg-accent-soft p-4">
      <label for={id} class="font-semibold">
        {props.label}
      </label>
      <div class="flex gap-2">
        <input
          id={id}
          readonly
          value={props.secret}
          autocomplete="off"
          spellcheck={false}
          class={`${inputClass} font-mono`}
          onFocus={(event) => event.currentTarget.select()}
        />
        <CopyButton text={props.secret} what={props.label} />
      </div>
      <p class="text-muted">It is shown this once. Copy it now and keep it where secrets are kept.</p>
      {props.children}
    </div>
  )
}
