/**
 * One run in the log: a line, and when it is opened all that is known of it.
 */
import type { Result } from "@openseer/core/contract/ResultsApi"
import ChevronRight from "lucide-solid/icons/chevron-right"
import { Show } from "solid-js"
import { millis } from "~/charts/Quantity.ts"
import { WaterfallLine } from "~/charts/Waterfall.tsx"
import { ofResult } from "~/checks/Evidence.ts"
import { OutcomePill } from "~/checks/OutcomePill.tsx"
import { reasonWords } from "~/checks/ReasonWords.ts"
import { Fact, RunEvidence } from "~/checks/RunEvidence.tsx"
import { LocalTime } from "~/components/LocalTime.tsx"
import { Time } from "~/components/Time.tsx"

/** `href` opens or closes it. */
export function RunLogRow(props: { result: Result; isOpen: boolean; href: string; axisUs: number }) {
  return (
    <li class="border-t border-line [contain-intrinsic-size:auto_37px] [content-visibility:auto]">
      <a
        href={props.href}
        noScroll
        replace
        aria-expanded={props.isOpen}
        class="grid min-h-9 grid-cols-[1rem_auto_1fr_auto] items-center gap-x-3 px-4 py-1.5 hover:bg-hover aria-expanded:bg-hover md:grid-cols-[1rem_9.5rem_7rem_8rem_2.5rem_7rem_5rem_minmax(0,1fr)]"
      >
        <ChevronRight size={14} aria-hidden="true" class={`text-muted ${props.isOpen ? "rotate-90" : ""}`} />
        <LocalTime at={props.result.dueAt} />
        <span class="truncate text-muted">{props.result.region}</span>
        <OutcomePill outcome={props.result.outcome} plain />
        <span class="hidden md:block">{props.result.statusCode}</span>
        <span class="hidden md:block">
          <WaterfallLine phases={props.result.phases} totalUs={props.result.totalUs} maxUs={props.axisUs} />
        </span>
        <span class="hidden text-right md:block">{props.result.totalUs > 0 ? millis(props.result.totalUs) : ""}</span>
        <span class="col-span-3 col-start-2 min-w-0 truncate text-muted empty:hidden md:col-span-1 md:col-start-auto md:empty:block">
          <Show when={props.result.reason}>
            {(reason) => (
              <>
                <span class="text-text">{reasonWords(reason())}</span> {props.result.message}
              </>
            )}
          </Show>
        </span>
      </a>
      <Show when={props.isOpen}>
        <div class="border-t border-line px-4 py-4 md:pl-11">
          <RunDetails result={props.result} />
        </div>
      </Show>
    </li>
  )
}

/** What is known of one stored run, with when it was and how good the measurement is. */
export function RunDetails(props: { result: Result }) {
  return (
    <div class="max-w-3xl">
      <RunEvidence evidence={ofResult(props.result)}>
        <Fact name="Due">
          <LocalTime at={props.result.dueAt} /> (<Time at={props.result.dueAt} />)
        </Fact>
        <Fact name="Started">{millis(props.result.latenessUs)} after it was due</Fact>
        <Show when={props.result.totalUs > 0}>
          <Fact name="Exact to">
            {millis(props.result.errorBoundUs)}: at most this much of the total is the worker's own
          </Fact>
        </Show>
        <Fact name="Run">
          <code class="font-mono break-all">{props.result.runId}</code>
        </Fact>
      </RunEvidence>
      <Show when={props.result.detail === undefined}>
        <p class="mt-3 text-muted">
          Address, headers, certificates and body are kept only for checks that were not up. “Run now” shows them all.
        </p>
      </Show>
    </div>
  )
}
