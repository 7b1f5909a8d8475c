/**
 * A small line of numbers, drawn by the server. Gaps are gaps: null breaks the line.
 */
import { createMemo } from "solid-js"

/** Rounded, for less than `toFixed` takes. */
const tenths = (n: number): number => Math.round(n * 10) / 10

/** `label` says what it shows in words, with its window; it starts at zero, as all latencies do. */
export function Sparkline(props: {
  values: ReadonlyArray<number | null>
  label: string
  width?: number
  height?: number
  class?: string
}) {
  const width = () => props.width ?? 96
  const height = () => props.height ?? 24
  const path = createMemo(() => {
    const { values } = props
    const max = Math.max(1, ...values.map((value) => value ?? 0))
    const step = width() / Math.max(1, values.length - 1)
    const floor = height() - 2
    const scale = (height() - 4) / max
    let drawn = ""
    for (const [i, value] of values.entries()) {
      if (value === null) continue
      const point = `${tenths(i * step)} ${tenths(floor - value * scale)}`
      const isAlone = (values[i + 1] ?? null) === null && (values[i - 1] ?? null) === null
      // A point without neighbours is a dot: a line of no length with round ends.
      drawn += `${(values[i - 1] ?? null) === null ? "M" : "L"}${point}${isAlone ? "h.01" : ""}`
    }
    return drawn
  })
  return (
    <svg
      role="img"
      aria-label={props.label}
      width={width()}
      height={height()}
      viewBox={`0 0 ${width()} ${height()}`}
      class={`text-accent ${props.class ?? ""}`}
    >
      <title>{props.label}</title>
      <path
        d={path()}
        fill="none"
        stroke="currentColor"
        stroke-width="1.5"
        stroke-linecap="round"
        stroke-linejoin="round"
      />
    </svg>
  )
}
