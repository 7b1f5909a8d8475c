/**
 * A state: always icon, word and colour. Unknown is grey and never looks like up.
 */
import { type State, states, stateWord } from "~/components/State.ts"

export { type State, states, stateWord }

const ring = "M12 2a10 10 0 1 0 0 20 10 10 0 1 0 0-20"

/** One path each: a list draws hundreds while somebody scrolls. */
const icons: Readonly<Record<State, string>> = {
  up: `${ring}M8 12.5l2.7 2.7L16 9.5`,
  degraded: "M12 3.5 2.5 20h19zM12 10v4M12 17h.01",
  down: `${ring}M9 9l6 6M15 9l-6 6`,
  paused: `${ring}M10 9v6M14 9v6`,
  unknown: `${ring}M9.4 9.4a2.6 2.6 0 1 1 3.7 2.3c-.7.4-1.1.9-1.1 1.8M12 17h.01`
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
    <svg
      width={props.size ?? 16}
      height={props.size ?? 16}
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      stroke-width="2"
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
      class={`shrink-0 ${stateText[props.state]} ${props.class ?? ""}`}
    >
      <path d={icons[props.state]} />
    </svg>
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
