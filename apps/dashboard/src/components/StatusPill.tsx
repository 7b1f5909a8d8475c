/**
 * A state: always icon, word and colour. Unknown is grey and never looks like up.
 */
import CircleCheck from "lucide-solid/icons/circle-check"
import CirclePause from "lucide-solid/icons/circle-pause"
import CircleQuestionMark from "lucide-solid/icons/circle-question-mark"
import CircleX from "lucide-solid/icons/circle-x"
import TriangleAlert from "lucide-solid/icons/triangle-alert"
import { Dynamic } from "solid-js/web"
import { type State, states, stateWord } from "~/components/State.ts"

export { type State, states, stateWord }

const icons = {
  up: CircleCheck,
  degraded: TriangleAlert,
  down: CircleX,
  paused: CirclePause,
  unknown: CircleQuestionMark
}

/** Tones of text on any ground. */
export const stateText: Readonly<Record<State, string>> = {
  up: "text-up",
  degraded: "text-degraded",
  down: "text-down",
  paused: "text-paused",
  unknown: "text-unknown"
}

const grounds: Readonly<Record<State, string>> = {
  up: "bg-up-soft",
  degraded: "bg-degraded-soft",
  down: "bg-down-soft",
  paused: "bg-paused-soft",
  unknown: "bg-unknown-soft"
}

/** The icon of a state. Say the word beside it. */
export function StateIcon(props: { state: State; size?: number; class?: string }) {
  return (
    <Dynamic
      component={icons[props.state]}
      size={props.size ?? 16}
      aria-hidden="true"
      class={`shrink-0 ${stateText[props.state]} ${props.class ?? ""}`}
    />
  )
}

/** A state as a pill; with `plain`, without its ground, for dense rows. */
export function StatusPill(props: { state: State; plain?: boolean; word?: string | undefined }) {
  return (
    <span
      class={`inline-flex items-center gap-1.5 font-medium whitespace-nowrap ${stateText[props.state]} ${
        props.plain ? "" : `rounded-full px-2 py-0.5 ${grounds[props.state]}`
      }`}
    >
      <StateIcon state={props.state} size={14} />
      {props.word ?? stateWord[props.state]}
    </span>
  )
}
