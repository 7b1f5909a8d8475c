/**
 * The certificates that a target presented, its own first, each with how long it holds.
 */
import { For, Show } from "solid-js"
import { type Certificate, daysLeft } from "~/checks/Evidence.ts"
import { Time, useNow } from "~/components/Time.tsx"

const soonDays = 14

/** The chain of one handshake. */
export function CertificateChain(props: { chain: ReadonlyArray<Certificate> }) {
  const now = useNow()
  const tone = (certificate: Certificate) => {
    const days = daysLeft(certificate, now())
    return days < 0 ? "text-down" : days < soonDays ? "text-degraded" : "text-up"
  }
  return (
    <ol class="flex flex-col gap-1.5">
      <For each={props.chain}>
        {(certificate, index) => (
          <li class="rounded-md border border-line px-2 py-1">
            <p class="flex flex-wrap gap-x-3">
              <span class="font-medium break-all">{certificate.subject}</span>
              <span class={`ml-auto ${tone(certificate)}`}>
                {daysLeft(certificate, now()) < 0 ? "expired" : "expires"} <Time at={certificate.validTo} />
              </span>
            </p>
            <p class="break-all text-muted">
              {certificate.keyType}, issued by {certificate.issuer}, valid since {certificate.validFrom.slice(0, 10)}
            </p>
            <Show when={index() === 0 && certificate.names.length > 0}>
              <p class="break-all text-muted">For {certificate.names.join(", ")}</p>
            </Show>
          </li>
        )}
      </For>
    </ol>
  )
}
