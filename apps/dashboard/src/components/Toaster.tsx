/**
 * Where messages are shown and read out.
 */
import CircleCheck from "lucide-solid/icons/circle-check"
import CircleX from "lucide-solid/icons/circle-x"
import X from "lucide-solid/icons/x"
import { For, Show } from "solid-js"
import { dismiss, messages } from "~/components/Toast.ts"

/** Once a page. The region is there before its first message, else that is not read out. */
export function Toaster() {
  return (
    <div
      role="status"
      aria-live="polite"
      data-toaster=""
      class="pointer-events-none fixed inset-x-0 bottom-16 z-50 flex flex-col items-center gap-2 px-4 md:inset-x-auto md:right-4 md:bottom-4 md:items-end"
    >
      <For each={messages()}>
        {(message) => (
          <div class="pointer-events-auto flex max-w-md items-center gap-2 rounded-panel border border-line bg-surface py-2 pr-1 pl-3 shadow-raised">
            <Show
              when={message.kind === "done"}
              fallback={<CircleX size={16} class="shrink-0 text-down" aria-hidden="true" />}
            >
              <CircleCheck size={16} class="shrink-0 text-up" aria-hidden="true" />
            </Show>
            <span>{message.text}</span>
            <button
              type="button"
              aria-label="Close this message"
              class="inline-flex size-7 items-center justify-center rounded text-muted hover:bg-hover hover:text-text"
              onClick={() => dismiss(message.id)}
            >
              <X size={14} aria-hidden="true" />
            </button>
          </div>
        )}
      </For>
    </div>
  )
}
