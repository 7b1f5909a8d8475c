/**
 * The waterfall of one run: its phases one after the other, as bars with their milliseconds; of a run that was redirected
 * each request as well. Drawn by the server, from what any `Observation` and any `Result` has.
 */
import type { Observation } from "@openseer/core"
import { For, Show } from "solid-js"
import { phases, phaseUs } from "~/charts/Phase.ts"
import { millis } from "~/charts/Quantity.ts"
import { axisUs, type Bar, barsOf, hopsOf, waterfallWords } from "~/charts/WaterfallBars.ts"

/** `maxUs` is the end of the axis: give runs side by side the same, so that they can be compared. */
export function Waterfall(props: {
  phases: Observation.Phases
  totalUs: number
  hops?: ReadonlyArray<Observation.Hop> | undefined
  maxUs?: number
}) {
  const axis = () => axisUs(Math.max(props.maxUs ?? 0, props.totalUs))
  const bars = () => barsOf(props.phases)
  const isRedirected = () => (props.hops?.length ?? 0) > 1
  return (
    <Show
      when={bars().length > 0}
      fallback={<p class="text-muted">Nothing was measured: the run ended before its first phase was over.</p>}
    >
      <figure class="min-w-0" aria-label={waterfallWords(props.totalUs, props.phases)}>
        <Show
          when={isRedirected()}
          fallback={
            <div class="grid grid-cols-[5.5rem_minmax(3rem,1fr)_auto] items-center gap-x-3 gap-y-1">
              <For each={phases}>
                {(phase) => {
                  const bar = () => bars().find((one) => one.phase === phase)
                  return (
                    <>
                      <span class={bar() ? "" : "text-muted"} title={phase.title}>
                        {phase.word}
                      </span>
                      <BarLine bars={bar() ? [bar()!] : []} axisUs={axis()} />
                      <span class={`text-right ${bar() ? "" : "text-muted"}`}>
                        {millis(phaseUs(props.phases, phase.name))}
                      </span>
                    </>
                  )
                }}
              </For>
              <Total totalUs={props.totalUs} axisUs={axis()} />
            </div>
          }
        >
          <ol class="flex flex-col gap-2">
            <For each={hopsOf(props.hops ?? [])}>
              {({ bars: hopBars, hop, startUs }, index) => (
                <li class="min-w-0">
                  <div class="flex min-w-0 gap-2">
                    <span class="font-medium">{hop.statusCode ?? "No answer"}</span>
                    <span class="min-w-0 truncate font-mono text-muted" title={hop.url}>
                      {hop.url}
                    </span>
                    <span class="ml-auto whitespace-nowrap">{millis(hop.totalUs)}</span>
                  </div>
                  <BarLine bars={hopBars} axisUs={axis()} />
                  <p class="text-muted">
                    {index() === 0 ? "" : `from ${millis(startUs)} on · `}
                    {hopBars.map(({ lengthUs, phase }) => `${phase.word} ${millis(lengthUs)}`).join(" · ")}
                    {hop.address ? ` · ${hop.address}` : ""}
                  </p>
                </li>
              )}
            </For>
          </ol>
          <PhaseKey />
          <div class="mt-2 grid grid-cols-[5.5rem_minmax(3rem,1fr)_auto] items-center gap-x-3">
            <Total totalUs={props.totalUs} axisUs={axis()} />
          </div>
        </Show>
      </figure>
    </Show>
  )
}

/** The phases of a run in one line: for rows of a list. */
export function WaterfallLine(props: { phases: Observation.Phases; totalUs: number; maxUs: number }) {
  return (
    <BarLine
      bars={barsOf(props.phases)}
      axisUs={axisUs(props.maxUs)}
      label={waterfallWords(props.totalUs, props.phases)}
    />
  )
}

/** Which tone is which phase. */
export function PhaseKey() {
  return (
    <ul aria-label="Phases" class="mt-2 flex flex-wrap gap-x-4 gap-y-1 text-muted">
      <For each={phases}>
        {(phase) => (
          <li class="inline-flex items-center gap-1.5" title={phase.title}>
            <svg width="10" height="10" aria-hidden="true">
              <rect width="10" height="10" rx="2" class={phase.fill} />
            </svg>
            {phase.word}
          </li>
        )}
      </For>
    </ul>
  )
}

function Total(props: { totalUs: number; axisUs: number }) {
  return (
    <>
      <span class="border-t border-line pt-1 font-semibold">Total</span>
      <span class="flex justify-between self-end border-t border-line pt-1 text-muted">
        <span>0</span>
        <span>{millis(props.axisUs)}</span>
      </span>
      <span class="border-t border-line pt-1 text-right font-semibold">{millis(props.totalUs)}</span>
    </>
  )
}

/** Lengths are shares of the width, which SVG takes as attributes; a phase of microseconds is still a line to see. */
function BarLine(props: { bars: ReadonlyArray<Bar>; axisUs: number; label?: string }) {
  const share = (us: number) => `${((us / props.axisUs) * 100).toFixed(3)}%`
  return (
    <svg
      width="100%"
      height="14"
      class="block min-w-0 rounded-sm bg-sunken"
      {...(props.label === undefined ? { "aria-hidden": "true" as const } : { role: "img", "aria-label": props.label })}
    >
      <For each={props.bars}>
        {({ lengthUs, phase, startUs }) => (
          <>
            <rect x={share(startUs)} width="1.5" height="14" class={phase.fill} />
            <rect x={share(startUs)} width={share(lengthUs)} height="14" class={phase.fill}>
              <title>{`${phase.word} ${millis(lengthUs)}`}</title>
            </rect>
          </>
        )}
      </For>
    </svg>
  )
}
