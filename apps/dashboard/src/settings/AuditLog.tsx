/**
 * A page of the audit log: who did what, to what, and when.
 */
import type { AuditEntry } from "@openseer/core/contract/OrganizationApi"
import { A, createAsync, useSearchParams } from "@solidjs/router"
import { For, Show } from "solid-js"
import { getAuditLog } from "~/api/Organization.ts"
import { ButtonLink } from "~/components/Button.tsx"
import { Panel } from "~/components/Panel.tsx"
import { SkeletonRows } from "~/components/Skeleton.tsx"
import { Cell, Row, StackTable } from "~/components/StackTable.tsx"
import { auditActor, auditDetail, auditKinds, auditVerb } from "~/settings/AuditWords.ts"
import { ExactTime } from "~/settings/ExactTime.tsx"

const columns = [{ title: "When" }, { title: "Who" }, { title: "What" }, { title: "Details" }]

const address = (search: { readonly action?: string | undefined; readonly cursor?: string | undefined }): string => {
  const to = new URLSearchParams()
  for (const [name, value] of Object.entries(search)) if (value) to.set(name, value)
  return `/settings/audit-log${to.size === 0 ? "" : `?${to}`}`
}

/** `?action=` filters, `?cursor=` goes on. */
export function AuditLog() {
  const [search] = useSearchParams<{ action?: string; cursor?: string }>()
  const page = createAsync(() => getAuditLog({ action: search.action, cursor: search.cursor }), { deferStream: true })
  return (
    <>
      <nav aria-label="Kinds of entries" class="flex flex-wrap gap-1">
        <For each={[["", "Everything"] as const, ...auditKinds]}>
          {([kind, label]) => (
            <A
              href={address({ action: kind })}
              aria-current={(search.action ?? "") === kind ? "true" : undefined}
              class="inline-flex min-h-7 items-center rounded-full border border-line bg-surface px-3 text-muted hover:text-text aria-[current=true]:border-accent aria-[current=true]:bg-accent-soft aria-[current=true]:text-accent"
            >
              {label}
            </A>
          )}
        </For>
      </nav>
      <Panel
        title="Audit log"
        note="newest first"
        queries={getAuditLog.key}
        fallback={<SkeletonRows rows={12} />}
        flush
      >
        <Show
          when={page()?.items.length}
          fallback={<p class="px-4 py-3 text-muted">Nothing was changed{search.action ? " of this kind" : ""} yet.</p>}
        >
          <StackTable label="Audit log" columns={columns}>
            <For each={page()?.items}>{(entry) => <EntryRow entry={entry} />}</For>
          </StackTable>
        </Show>
        <Show when={search.cursor || page()?.nextCursor}>
          <nav aria-label="Pages of the audit log" class="flex justify-end gap-2 border-t border-line px-4 py-2">
            <Show when={search.cursor}>
              <ButtonLink href={address({ action: search.action })}>Newest</ButtonLink>
            </Show>
            <Show when={page()?.nextCursor}>
              {(cursor) => <ButtonLink href={address({ action: search.action, cursor: cursor() })}>Older</ButtonLink>}
            </Show>
          </nav>
        </Show>
      </Panel>
    </>
  )
}

function EntryRow(props: { entry: AuditEntry }) {
  return (
    <Row>
      <Cell label="When" head class="font-normal text-muted md:min-w-0 md:align-top">
        <ExactTime at={props.entry.at} />
      </Cell>
      <Cell label="Who" class="md:align-top">
        <span title={props.entry.actor.address}>{auditActor(props.entry.actor)}</span>
      </Cell>
      <Cell label="What" class="md:align-top">
        <span>
          {auditVerb(props.entry.action)}{" "}
          <Show when={props.entry.target?.id !== props.entry.actor.id && props.entry.target}>
            {(target) => (
              <span class="font-medium" title={target().id}>
                {target().name ?? target().id}
              </span>
            )}
          </Show>
        </span>
      </Cell>
      <Cell label="Details" class="md:align-top">
        <details class="min-w-0">
          <summary class="inline-flex min-h-6 items-center text-accent underline">Show</summary>
          <dl class="mt-1 grid grid-cols-[auto_1fr] gap-x-3">
            <Line name="action" value={props.entry.action} />
            <Line name="target" value={props.entry.target?.id ?? "–"} />
            <Show when={props.entry.actor.address}>{(from) => <Line name="from" value={from()} />}</Show>
            <For each={Object.entries(props.entry.detail ?? {})}>
              {([name, value]) => <Line name={name} value={auditDetail(value)} />}
            </For>
          </dl>
        </details>
      </Cell>
    </Row>
  )
}

function Line(props: { name: string; value: string }) {
  return (
    <>
      <dt class="text-muted">{props.name}</dt>
      <dd class="min-w-0 font-mono wrap-anywhere">{props.value}</dd>
    </>
  )
}
