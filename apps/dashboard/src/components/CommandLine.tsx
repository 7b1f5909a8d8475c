/**
 * A command to copy into a shell.
 */
import { CopyButton } from "~/components/CopyButton.tsx"

/** `label` names it: "Try it". */
export function CommandLine(props: { label: string; text: string }) {
  return (
    <figure class="flex min-w-0 flex-col gap-1">
      <figcaption class="flex items-center justify-between gap-2">
        <span class="font-medium">{props.label}</span>
        <CopyButton text={props.text} what="the command" />
      </figcaption>
      {/* It scrolls: whoever has no mouse must get there. */}
      <pre
        tabindex="0"
        class="overflow-x-auto rounded-md border border-line bg-surface px-3 py-2 font-mono whitespace-pre"
      >
        <code>{props.text}</code>
      </pre>
    </figure>
  )
}
