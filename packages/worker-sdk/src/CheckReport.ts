/**
 * One judged run, drawn for a terminal: the outcome, what was seen, and where the time went.
 */
import { CheckFailure, type Judgement, Observation } from "@openseer/core"
import type * as Executors from "./execute/Executors.ts"
import { DateTime } from "effect"

/** What a report is made of. `title` says what was checked; `now` is for the days that a certificate has left. */
export interface CheckReportOptions {
  readonly title: string
  readonly executed: Executors.ExecutedRun
  readonly now: DateTime.Utc
  readonly canColor: boolean
}

/** The width of a bar that takes the whole time, in columns. */
const barColumns = 40

const signs = {
  up: { icon: "✔", style: 32 },
  degraded: { icon: "▲", style: 33 },
  down: { icon: "✖", style: 31 },
  error: { icon: "?", style: 35 }
} as const

/** The report, several lines without a final line break. Colours only add to it: each outcome has an icon and a word. */
export const render = ({ canColor, executed, now, title }: CheckReportOptions): string => {
  const paint = (style: number, text: string) => (canColor ? `\u001b[${style}m${text}\u001b[0m` : text)
  const { failedAssertions = [], message, observation, outcome, reason } = executed
  const { icon, style } = signs[outcome]
  const status = observation?.statusCode === undefined ? [] : [String(observation.statusCode)]
  const lines = [[paint(style, `${icon} ${outcome}`), ...status, title].join("  ")]
  if (reason !== undefined)
    lines.push(`  ${reason}: ${failedAssertions.length > 0 ? meaningOf(reason) : (message ?? "")}`)
  for (const { actual, comparison, expected, property = "", severity, source } of failedAssertions) {
    lines.push(`    ${signs[severity].icon} ${[source, property, comparison, expected].filter(Boolean).join(" ")}`)
    lines.push(paint(2, `      got ${actual}`))
  }
  if (observation === undefined) return lines.join("\n")

  const seen = factsOf(observation)
  if (seen !== "") lines.push(paint(2, `  ${seen}`))
  const more = [...hopLines(observation), ...tlsLines(observation, now), ...dnsLines(observation)]
  lines.push(...more.map((line) => paint(2, `  ${line}`)))
  lines.push("", ...phaseLines(observation, (bar) => paint(36, bar)))
  const bound = `up to ${milliseconds(executed.errorBoundUs)} of it may be this process`
  lines.push(`  ${"total".padEnd(nameColumns + barColumns)}${timeOf(observation.totalUs)}  ${paint(2, bound)}`)
  return lines.join("\n")
}

const nameColumns = "download".length + 2

/** A waterfall: each bar begins where the one before ended. */
const phaseLines = ({ phases, totalUs }: Observation.Observation, paint: (bar: string) => string) => {
  const columnAt = (us: number) => Math.round((us / Math.max(totalUs, 1)) * barColumns)
  let endedUs = 0
  return Observation.phaseNames.map((name) => {
    const us = phases[`${name}Us`]
    const from = Math.min(columnAt(endedUs), barColumns - 1)
    endedUs += us
    const columns = us === 0 ? 0 : Math.max(columnAt(endedUs) - from, 1)
    const bar = `${" ".repeat(from)}${paint("█".repeat(columns))}${" ".repeat(barColumns - from - columns)}`
    if (us === 0) return `  ${name.padEnd(nameColumns + barColumns)}${"–".padStart(timeColumns)}`
    const share = `${Math.round((us / totalUs) * 100)} %`.padStart(6)
    return `  ${name.padEnd(nameColumns)}${bar}${timeOf(us)}${share}`
  })
}

const timeColumns = 12

const timeOf = (us: number): string => milliseconds(us).padStart(timeColumns)

const milliseconds = (us: number): string => `${(us / 1_000).toFixed(us < 100_000 ? 2 : 1)} ms`

const meaningOf = (reason: Judgement.Reason): string =>
  ({ ...CheckFailure.targetReasons, ...CheckFailure.errorReasons })[reason]

const factsOf = ({ address, protocol, redirects = 0, sizeBytes, truncated }: Observation.Observation): string => {
  const facts = [address, protocol]
  if (sizeBytes !== undefined) facts.push(`${sizeBytes} bytes${truncated === true ? " (stopped reading)" : ""}`)
  if (redirects > 0) facts.push(redirects === 1 ? "1 redirect" : `${redirects} redirects`)
  return facts.filter((fact) => fact !== undefined).join(" · ")
}

const hopLines = ({ hops = [] }: Observation.Observation): ReadonlyArray<string> =>
  hops.map(
    ({ statusCode, totalUs, url }, index) => `${index + 1}. ${statusCode ?? "–"} ${url} ${milliseconds(totalUs)}`
  )

/** The chain from the target's own certificate up, each with whom it is for and how long. */
const tlsLines = ({ tls }: Observation.Observation, now: DateTime.Utc): ReadonlyArray<string> =>
  tls === undefined
    ? []
    : [
        `${tls.version} · ${tls.cipher}`,
        ...tls.chain.map(({ issuer, keyType, names, subject, validTo }, depth) => {
          const others = names.filter((name) => name !== subject)
          const whom = others.length === 0 ? subject : `${subject} (${others.join(", ")})`
          const until = `${daysLeft(validTo, now)}, until ${DateTime.formatIsoDateUtc(validTo)}`
          return `${"  ".repeat(depth)}${depth === 0 ? "certificate of" : "issued by"} ${whom} · ${keyType} · ${until}${
            depth === tls.chain.length - 1 && issuer !== subject ? ` · issued by ${issuer}` : ""
          }`
        })
      ]

const dnsLines = ({ dns }: Observation.Observation): ReadonlyArray<string> =>
  dns === undefined
    ? []
    : [`${dns.rcode} from ${dns.server}`, ...dns.answers.map(({ data, ttlS, type }) => `${type} ${data} (${ttlS} s)`)]

const daysLeft = (validTo: DateTime.Utc, now: DateTime.Utc): string => {
  const days = Math.floor((DateTime.toEpochMillis(validTo) - DateTime.toEpochMillis(now)) / 86_400_000)
  return days < 0 ? "expired" : `${days} ${days === 1 ? "day" : "days"} left`
}
