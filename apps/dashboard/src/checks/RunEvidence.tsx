/**
 * Everything that is known of one run: why it was not up, its waterfall, what was expected and what came, address,
 * headers, certificates and the beginning of the body. All of it is text of somebody else, and shown as text.
 */
import { For, type JSX, Show } from "solid-js"
import { bytes } from "~/charts/Quantity.ts"
import { Waterfall } from "~/charts/Waterfall.tsx"
import { comparisonWords, subjectWords } from "~/checks/AssertionWords.ts"
import { CertificateChain } from "~/checks/CertificateChain.tsx"
import type { Evidence } from "~/checks/Evidence.ts"
import { reasonWords } from "~/checks/ReasonWords.ts"

/** `maxUs` is the end of the waterfall's axis; `children` are facts to add, as `Fact`s. */
export function RunEvidence(props: { evidence: Evidence; maxUs?: number; children?: JSX.Element }) {
  const detail = () => props.evidence.detail
  return (
    <div class="flex min-w-0 flex-col gap-4">
      <Show when={props.evidence.outcome !== "up" && props.evidence.message}>
        <p class={props.evidence.outcome === "error" ? "text-muted" : ""}>
          <Show when={props.evidence.reason}>
            {(reason) => <strong class="font-semibold">{reasonWords(reason())}: </strong>}
          </Show>
          <span class="break-words">{props.evidence.message}</span>
        </p>
      </Show>
      <Show when={props.evidence.phases}>
        {(phases) => (
          <Waterfall
            phases={phases()}
            totalUs={props.evidence.totalUs ?? 0}
            hops={detail()?.hops}
            {...(props.maxUs === undefined ? {} : { maxUs: props.maxUs })}
          />
        )}
      </Show>
      <Show when={props.evidence.failedAssertions?.length}>
        <AssertionDiff evidence={props.evidence} />
      </Show>
      <dl class="grid grid-cols-[auto_minmax(0,1fr)] gap-x-4 gap-y-1">
        <Show when={props.evidence.statusCode}>{(code) => <Fact name="Status code">{code()}</Fact>}</Show>
        <Show when={detail()?.address}>
          {(address) => (
            <Fact name="Address">
              <code class="font-mono">{address()}</code>
            </Fact>
          )}
        </Show>
        <Show when={detail()?.protocol}>{(protocol) => <Fact name="Protocol">{protocol()}</Fact>}</Show>
        <Show when={detail()?.tls}>{(tls) => <Fact name="TLS">{`${tls().version}, ${tls().cipher}`}</Fact>}</Show>
        <Show when={props.evidence.sizeBytes}>
          {(size) => (
            <Fact name="Size">
              {bytes(size())}
              {detail()?.truncated ? ", of which the beginning was read" : ""}
            </Fact>
          )}
        </Show>
        <Show when={detail()?.redirectTarget}>
          {(target) => (
            <Fact name="Redirected to">
              <code class="font-mono break-all">{target()}</code>
            </Fact>
          )}
        </Show>
        <Show when={detail()?.dns}>
          {(dns) => (
            <Fact name="Name server">
              {dns().server}: {dns().rcode}
            </Fact>
          )}
        </Show>
        {props.children}
      </dl>
      <Show when={detail()?.dns?.answers.length}>
        <Part title="Records">
          <Code
            text={detail()!
              .dns!.answers.map(({ data, ttlS, type }) => `${type}\t${ttlS}\t${data}`)
              .join("\n")}
          />
        </Part>
      </Show>
      <Show when={detail()?.tls?.chain.length}>
        <Part title="Certificates">
          <CertificateChain chain={detail()!.tls!.chain} />
        </Part>
      </Show>
      <Show when={Object.keys(detail()?.headers ?? {}).length > 0}>
        <Part title="Response headers">
          <dl class="grid grid-cols-[auto_minmax(0,1fr)] gap-x-4 font-mono">
            <For each={Object.entries(detail()?.headers ?? {})}>
              {([name, value]) => (
                <>
                  <dt class="text-muted">{name}</dt>
                  <dd class="break-all">{value}</dd>
                </>
              )}
            </For>
          </dl>
        </Part>
      </Show>
      <Show when={Object.keys(detail()?.detail ?? {}).length > 0}>
        <Part title="More of this check type">
          <Code text={JSON.stringify(detail()?.detail, null, 2)} />
        </Part>
      </Show>
      <Show when={detail()?.excerpt}>
        {(excerpt) => (
          <Part title="Beginning of the body">
            <Code text={excerpt()} />
          </Part>
        )}
      </Show>
    </div>
  )
}

/** One fact of a run, inside of its list. */
export function Fact(props: { name: string; children: JSX.Element }) {
  return (
    <>
      <dt class="text-muted">{props.name}</dt>
      <dd class="min-w-0 break-words">{props.children}</dd>
    </>
  )
}

function Part(props: { title: string; children: JSX.Element }) {
  return (
    <section class="min-w-0">
      <h3 class="mb-1 font-semibold">{props.title}</h3>
      {props.children}
    </section>
  )
}

function Code(props: { text: string }) {
  return (
    <pre
      tabindex="0"
      class="max-h-64 overflow-auto rounded-md border border-line bg-sunken p-2 font-mono break-all whitespace-pre-wrap"
    >
      {props.text}
    </pre>
  )
}

function AssertionDiff(props: { evidence: Evidence }) {
  return (
    <Part title="Expected and got">
      <ul class="flex flex-col gap-2">
        <For each={props.evidence.failedAssertions}>
          {(failed) => (
            <li class="overflow-hidden rounded-md border border-line">
              <p class="border-b border-line px-2 py-1 font-medium">
                {subjectWords(failed)} {comparisonWords[failed.comparison]}
                <span class={`float-right ${failed.severity === "down" ? "text-down" : "text-degraded"}`}>
                  {failed.severity === "down" ? "makes it down" : "makes it degraded"}
                </span>
              </p>
              <dl class="grid grid-cols-[5rem_minmax(0,1fr)]">
                <dt class="bg-up-soft px-2 py-0.5 text-up">expected</dt>
                <dd class="bg-up-soft px-2 py-0.5 font-mono break-all text-text">{failed.expected || "to hold"}</dd>
                <dt class="bg-down-soft px-2 py-0.5 text-down">got</dt>
                <dd class="bg-down-soft px-2 py-0.5 font-mono break-all text-text">{failed.actual}</dd>
              </dl>
            </li>
          )}
        </For>
      </ul>
    </Part>
  )
}
