/**
 * The outcome of one run: icon, word and colour. An error of ours is grey, since it says nothing of the target.
 */
import type { Judgement } from "@openseer/core"
import CircleSlash from "lucide-solid/icons/circle-slash"
import { Show } from "solid-js"
import { StatusPill } from "~/components/StatusPill.tsx"

/** The word of an outcome. */
export const outcomeWord: Readonly<Record<Judgement.Outcome, string>> = {
  up: "Up",
  degraded: "Degraded",
  down: "Down",
  error: "Not checked"
}

/** An outcome as a pill; with `plain`, without its ground. */
export function OutcomePill(props: { outcome: Judgement.Outcome; plain?: boolean }) {
  return (
    <Show
      when={props.outcome !== "error" && props.outcome}
      fallback={
        <span
          title="The worker could not check: this says nothing of the target"
          class={`inline-flex items-center gap-1.5 font-medium whitespace-nowrap text-unknown ${
            props.plain ? "" : "rounded-full bg-unknown-soft px-2 py-0.5"
          }`}
        >
          <CircleSlash size={14} aria-hidden="true" class="shrink-0" />
          {outcomeWord.error}
        </span>
      }
    >
      {(outcome) => <StatusPill state={outcome()} plain={props.plain ?? false} />}
    </Show>
  )
}
