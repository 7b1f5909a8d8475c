/**
 * Days of uptime as one picture: one path a tone, whatever the number of days. Pointer and arrow keys read out a day.
 */
import { createMemo, createSignal, createUniqueId, For, Show } from "solid-js"

const toneFills = {
  up: "fill-up-fill",
  degraded: "fill-degraded-fill",
  down: "fill-down-fill",
  unknown: "fill-unknown-fill/40"
}

type Tone = keyof typeof toneFills

/** Per mille of uptime to a tone. Below 99 % it is red; what nobody knows is grey. */
const toneOf = (uptime: number | null): Tone => {
  if (uptime === null) return "unknown"
  if (uptime >= 1_000) return "up"
  return uptime >= 990 ? "degraded" : "down"
}

const dayMs = 86_400_000

// One for all: making it costs more than all else of a row.
const percents = new Intl.NumberFormat("en", { maximumFractionDigits: 1 })

/** Uptime in words: "99.4 %", "not observed". */
export const uptimeWords = (uptime: number | null): string =>
  uptime === null ? "not observed" : `${percents.format(uptime / 10)} %`

/** `days` are per mille, oldest first; the last one is the day of `until` (default today). */
export function UptimeStrip(props: {
  days: ReadonlyArray<number | null>
  until?: number
  /** What it is about, for screen readers: the monitor's name. */
  label: string
  height?: number
  /** Draws only: in a table of thousands, the readout is the row's page. */
  plain?: boolean
  onChoose?: (day: number) => void
  class?: string
}) {
  const id = createUniqueId()
  const [at, setAt] = createSignal<number>()
  const height = () => props.height ?? 20
  const width = () => props.days.length * 4
  const paths = createMemo(() => {
    const drawn: Partial<Record<Tone, string>> = {}
    for (const [i, uptime] of props.days.entries()) {
      const tone = toneOf(uptime)
      // Full days are full; worse ones are lower, so that tone is not colour alone.
      const top =
        tone === "up" ? 0 : tone === "degraded" ? height() * 0.2 : tone === "down" ? height() * 0.4 : height() * 0.75
      drawn[tone] = `${drawn[tone] ?? ""}M${i * 4} ${top}h3V${height()}h-3z`
    }
    return Object.entries(drawn) as Array<[Tone, string]>
  })
  const summary = () => {
    const known = props.days.filter((day) => day !== null)
    const worst = known.length === 0 ? null : Math.min(...known)
    const bad = known.filter((day) => day < 1_000).length
    return `${props.label}: ${props.days.length} days, the worst ${uptimeWords(worst)}, ${bad} with failures, ${props.days.length - known.length} not observed`
  }
  const dayOf = (index: number): number => (props.until ?? Date.now()) - (props.days.length - 1 - index) * dayMs
  const dayWords = (index: number) =>
    `${new Date(dayOf(index)).toLocaleDateString("en", { timeZone: "UTC", dateStyle: "medium" })}: ${uptimeWords(props.days[index] ?? null)}`
  const move = (by: number) => {
    const last = props.days.length - 1
    setAt((index) => Math.min(last, Math.max(0, (index ?? last + (by < 0 ? 1 : 0)) + by)))
  }
  const picture = () => (
    <svg
      role="img"
      aria-label={summary()}
      viewBox={`0 0 ${width()} ${height()}`}
      preserveAspectRatio="none"
      width={width()}
      height={height()}
      class={props.plain ? props.class : "w-full"}
    >
      <For each={paths()}>{([tone, d]) => <path d={d} class={toneFills[tone]} />}</For>
    </svg>
  )
  return (
    <Show when={!props.plain} fallback={picture()}>
      <div class={`flex flex-col gap-1 ${props.class ?? ""}`}>
        <div
          role="slider"
          tabindex="0"
          aria-label={`${props.label}: day`}
          aria-valuemin={0}
          aria-valuemax={props.days.length - 1}
          aria-valuenow={at() ?? props.days.length - 1}
          aria-valuetext={dayWords(at() ?? props.days.length - 1)}
          aria-describedby={id}
          onPointerMove={(event) => {
            const box = event.currentTarget.getBoundingClientRect()
            const index = Math.floor(((event.clientX - box.left) / box.width) * props.days.length)
            setAt(Math.min(props.days.length - 1, Math.max(0, index)))
          }}
          onPointerLeave={() => setAt(undefined)}
          onBlur={() => setAt(undefined)}
          onClick={() => at() !== undefined && props.onChoose?.(dayOf(at()!))}
          onKeyDown={(event) => {
            if (event.key === "ArrowLeft") move(-1)
            else if (event.key === "ArrowRight") move(1)
            else if (event.key === "Enter" && at() !== undefined) props.onChoose?.(dayOf(at()!))
            else return
            event.preventDefault()
          }}
        >
          {picture()}
        </div>
        <p id={id} class="flex justify-between text-muted">
          <Show
            when={at() !== undefined}
            fallback={
              <>
                <span>{props.days.length - 1} days ago</span>
                <span>Today</span>
              </>
            }
          >
            <span class="text-text">{dayWords(at()!)}</span>
          </Show>
        </p>
      </div>
    </Show>
  )
}
