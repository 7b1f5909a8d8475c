/**
 * Keeps the secrets of a spec out of what a run reports, whatever the target sends back.
 */
import { type Evidence, type Judgement, type Observation, Secret } from "@openseer/core"
import type { Schema } from "effect"

/** What takes the secrets of one spec out of texts and judgements. Without secrets it costs nothing. */
export interface Redaction {
  readonly redact: Evidence.Redact
  readonly ofJudgement: (judgement: Judgement.Judgement) => Judgement.Judgement
}

/** The redaction of an encoded spec: its secrets, and what basic authentication makes of them. */
export const ofSpec = (spec: unknown): Redaction => {
  const secrets = Secret.valuesIn(spec)
  if (secrets.length === 0) return { redact: (text) => text, ofJudgement: (judgement) => judgement }
  const replace = Secret.redactor([...secrets, ...pairsIn(spec, new Set(secrets))])
  // Never longer than before: the mask of a secret of one or two characters would break the limits of the schemas.
  const redact = (text: string): string => replace(text).slice(0, text.length)
  return { redact, ofJudgement: (judgement) => judgementOf(judgement, redact) }
}

/** `user:secret` for each text that stands beside a secret: in base64 it is what basic authentication sends. */
const pairsIn = (spec: unknown, secrets: ReadonlySet<string>): ReadonlyArray<string> => {
  if (typeof spec !== "object" || spec === null || Secret.isSecret(spec)) return []
  const members: ReadonlyArray<unknown> = Object.values(spec)
  const own = members.flatMap((item) => (Secret.isSecret(item) ? [item.secret] : []))
  const texts = own.length === 0 ? [] : members.filter((item) => typeof item === "string" && !secrets.has(item))
  const pairs = texts.flatMap((text) => own.map((secret) => `${String(text)}:${secret}`))
  return [...pairs, ...members.flatMap((item) => pairsIn(item, secrets))]
}

const judgementOf = (judgement: Judgement.Judgement, redact: Evidence.Redact): Judgement.Judgement => {
  const { message, observation } = judgement
  return {
    ...judgement,
    ...(message === undefined ? {} : { message: redact(message) }),
    ...(observation === undefined ? {} : { observation: observationOf(observation, redact) })
  }
}

/** Numbers, and facts about the target that can't hold what we sent, are left as they are. */
const observationOf = (observation: Observation.Observation, redact: Evidence.Redact): Observation.Observation => {
  const { detail, excerpt, headers, hops, redirectTarget } = observation
  return {
    ...observation,
    ...(excerpt === undefined ? {} : { excerpt: redact(excerpt) }),
    ...(redirectTarget === undefined ? {} : { redirectTarget: redact(redirectTarget) }),
    ...(hops === undefined ? {} : { hops: deep(hops, redact) }),
    ...(headers === undefined ? {} : { headers: deep(headers, redact) }),
    ...(detail === undefined ? {} : { detail: deep(detail, redact) })
  }
}

/** The same JSON with its texts and names of members redacted. */
const deep = <A extends Schema.Json>(value: A, redact: Evidence.Redact): A => redacted(value, redact) as A

const redacted = (value: Schema.Json, redact: Evidence.Redact): Schema.Json => {
  if (typeof value === "string") return redact(value)
  if (Array.isArray(value)) return value.map((item: Schema.Json) => redacted(item, redact))
  if (typeof value !== "object" || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [redact(name), redacted(item as Schema.Json, redact)])
  )
}
