/**
 * The workers, and how each is doing.
 */
import Server from "lucide-solid/icons/server"
import type { Worker } from "@openseer/core/contract/AccountsApi"
import { createAsyncStore } from "@solidjs/router"
import { createEffect, createSignal, For, Show } from "solid-js"
import { getRegions, getWorkers } from "~/api/Workers.ts"
import { millis } from "~/charts/Quantity.ts"
import { useAccount } from "~/components/AccountContext.tsx"
import { ButtonLink } from "~/components/Button.tsx"
import { ConfirmForm } from "~/components/ConfirmForm.tsx"
import { EmptyState } from "~/components/EmptyState.tsx"
import { Panel } from "~/components/Panel.tsx"
import { SkeletonRows } from "~/components/Skeleton.tsx"
import { ActionCell, Cell, Row, StackTable } from "~/components/StackTable.tsx"
import { StatusPill } from "~/components/StatusPill.tsx"
import { Time } from "~/components/Time.tsx"
import { isBusy, isLate, type Reading, runsPerSecond, workerSaying } from "~/workers/HealthWords.ts"

const columns = [
  { title: "Worker" },
  { title: "Status" },
  { title: "Region" },
  { title: "Checks/s", end: true },
  { title: "Lateness P99", end: true },
  { title: "Load", end: true },
  { title: "Waiting", end: true },
  { title: "Last heartbeat" },
  { title: "Enrolled" },
  { title: "Actions", hidden: true, end: true }
]

/** The table. Numbers are those of the last heartbeat, every 10 s. */
export function WorkerTable() {
  const workers = createAsyncStore(() => getWorkers(), { deferStream: true })
  const { may } = useAccount()
  return (
    <Panel
      title="Workers"
      note="numbers of the last heartbeat"
      queries={getWorkers.key}
      fallback={<SkeletonRows rows={4} class="h-14" />}
      flush
    >
      <Show
        when={workers()?.items.length}
        fallback={
          <EmptyState
            title="No worker yet"
            actions={
              <Show when={may("admin")}>
                <ButtonLink href="/workers/enroll" variant="primary">
                  Enroll a worker
                </ButtonLink>
              </Show>
            }
          >
            Workers execute the checks. Without one every monitor is unknown.
          </EmptyState>
        }
      >
        <StackTable label="Workers" columns={columns}>
          <For each={workers()?.items}>{(worker) => <WorkerRow worker={worker} />}</For>
        </StackTable>
      </Show>
    </Panel>
  )
}

function WorkerRow(props: { worker: Worker }) {
  const saying = () => workerSaying(props.worker.status)
  const rate = useRate(() => props.worker)
  const health = () => (props.worker.status === "healthy" ? props.worker.health : undefined)
  return (
    <Row faded={props.worker.status === "revoked"}>
      <Cell label="Worker" head>
        <div class="flex items-start gap-2">
          <Server size={16} class="mt-0.5 shrink-0 text-muted" aria-hidden="true" />
          <div class="min-w-0">
            <div>{props.worker.name}</div>
            <div class="font-normal text-muted" title={checkTypesTitle(props.worker)}>
              {props.worker.version ? `version ${props.worker.version}` : "no heartbeat yet"}
            </div>
          </div>
        </div>
      </Cell>
      <Cell label="Status">
        <span title={saying().sentence}>
          <StatusPill state={saying().state} word={saying().word} />
        </span>
      </Cell>
      <Cell label="Region" class="md:whitespace-nowrap">
        {props.worker.region}
      </Cell>
      <Cell label="Checks/s" end empty={!health()}>
        <Show when={health()} fallback={<None />}>
          <Show when={rate() !== undefined} fallback={<span class="text-muted">measuring</span>}>
            {rate()!.toFixed(1)}
          </Show>
        </Show>
      </Cell>
      <Cell label="Lateness P99" end empty={!health()}>
        <Show when={health()} fallback={<None />}>
          {(now) => <Judged bad={isLate(now().latenessP99Us)}>{millis(now().latenessP99Us)}</Judged>}
        </Show>
      </Cell>
      <Cell label="Load" end empty={!health()}>
        <Show when={health()} fallback={<None />}>
          {(now) => <Judged bad={isBusy(now().loopUtilization)}>{Math.round(now().loopUtilization * 100)} %</Judged>}
        </Show>
      </Cell>
      <Cell label="Waiting" end empty={!health()}>
        <Show when={health()} fallback={<None />}>
          {(now) => (
            <span title={`${now().runsInFlight} checks are running, ${now().outboxDepth} results wait to be handed in`}>
              {now().outboxDepth}
            </span>
          )}
        </Show>
      </Cell>
      <Cell label="Last heartbeat">
        <Show when={props.worker.seenAt} fallback={<span class="text-muted">None yet</span>}>
          {(at) => <Time at={at()} />}
        </Show>
      </Cell>
      <Cell label="Enrolled">
        <Time at={props.worker.enrolledAt} />
      </Cell>
      <ActionCell>
        <RevokeWorker worker={props.worker} />
      </ActionCell>
    </Row>
  )
}

function RevokeWorker(props: { worker: Worker }) {
  const { may } = useAccount()
  const regions = createAsyncStore(() => getRegions(), { deferStream: true, reconcile: { key: "name" } })
  const isLastHealthy = () =>
    props.worker.status === "healthy" &&
    regions()?.items.find(({ name }) => name === props.worker.region)?.workersHealthy === 1
  return (
    <Show when={may("admin") && props.worker.owner === "organization" && props.worker.status !== "revoked"}>
      <ConfirmForm
        form="revoke-worker"
        id={props.worker.id}
        hidden={{ workerId: props.worker.id }}
        trigger="Revoke"
        label={`Revoke the worker ${props.worker.name}`}
        title={`Revoke ${props.worker.name}?`}
        action="Revoke worker"
        done="Worker revoked"
      >
        <p>
          Its token is refused from its next request on, for good. To come back it must be enrolled anew. What it has
          measured stays.
        </p>
        <Show
          when={isLastHealthy()}
          fallback={
            <p>
              The monitors of <strong>{props.worker.region}</strong> are checked by its other healthy workers, if it has
              any; else they become unknown there.
            </p>
          }
        >
          <p class="rounded-md bg-degraded-soft px-3 py-2 text-degraded">
            It is the last healthy worker of <strong>{props.worker.region}</strong>: the monitors of that region become{" "}
            <strong>unknown</strong> there until another one is enrolled. They do not become down.
          </p>
        </Show>
      </ConfirmForm>
    </Show>
  )
}

/** Runs a second between the last two heartbeats that this page has seen. */
const useRate = (worker: () => Worker) => {
  const [rate, setRate] = createSignal<number>()
  let before: Reading | undefined
  createEffect(() => {
    const { health, seenAt } = worker()
    if (!health || !seenAt) return
    const now = { at: Date.parse(seenAt), runs: health.runsStarted }
    if (before?.at === now.at) return
    setRate(runsPerSecond(before, now))
    before = now
  })
  return rate
}

const checkTypesTitle = ({ checkTypes = [] }: Worker): string | undefined =>
  checkTypes.length === 0 ? undefined : `Executes ${checkTypes.map(({ kind }) => kind).join(", ")}`

function None() {
  return (
    <span class="text-muted">
      <span aria-hidden="true">–</span>
      <span class="sr-only">not known</span>
    </span>
  )
}

function Judged(props: { bad: boolean; children: string | Array<string | number> }) {
  return (
    <span class={props.bad ? "font-semibold text-degraded" : ""} title={props.bad ? "High: times may be wrong" : ""}>
      {props.children}
    </span>
  )
}
