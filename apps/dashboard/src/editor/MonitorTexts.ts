/**
 * A monitor as the fields of its form, and back to what the API takes.
 */
import type { CheckTypes } from "@openseer/core/contract/CheckTypesApi"
import { readAssertions } from "~/editor/AssertionTexts.ts"
import { durationMs } from "~/editor/DurationText.ts"
import { type JsonSchema, shapeOf } from "~/editor/Shape.ts"
import { type FormTexts, readValue, type UnreadableField } from "~/editor/SpecValues.ts"
import { nameOf, urlOf } from "~/monitors/FirstMonitor.ts"
import { readTags } from "~/monitors/TagText.ts"

/** A posted form: texts by name, and all values of one name. */
export interface MonitorForm extends FormTexts {
  readonly all: (name: string) => ReadonlyArray<string>
}

/** What the form says, in the words of the API. */
export interface MonitorTexts {
  readonly input: {
    readonly name: string
    readonly kind: string
    readonly spec: unknown
    readonly intervalMs?: number
    readonly timeoutMs?: number
    readonly regions: ReadonlyArray<string>
    readonly assertions: ReadonlyArray<unknown>
    readonly tags: ReadonlyArray<string>
  }
  readonly problems: ReadonlyArray<UnreadableField>
}

const readDuration = (path: string, form: FormTexts, problems: Array<UnreadableField>): number | undefined => {
  const text = form.raw(path).trim()
  const ms = durationMs(text)
  if (text !== "" && ms === undefined) problems.push({ path, message: "must be a duration like 30 s, 5 min or 1 h" })
  return ms
}

/** Reads the form. `kind` is a field of it. */
export const readMonitor = (form: MonitorForm, types: CheckTypes): MonitorTexts => {
  const kind = form.raw("kind")
  const type = types.items.find((one) => one.kind === kind)
  const problems: Array<UnreadableField> = []
  const spec = (
    type === undefined ? undefined : readValue(shapeOf(type.schema as JsonSchema), "spec", form, problems)
  ) as Record<string, unknown> | undefined
  const url = spec?.["url"]
  const target = kind === "http" && typeof url === "string" && url !== "" ? { ...spec, url: urlOf(url) } : (spec ?? {})
  const isInbound = type?.inbound ?? false
  const intervalMs = isInbound ? undefined : readDuration("intervalMs", form, problems)
  const timeoutMs = isInbound ? undefined : readDuration("timeoutMs", form, problems)
  return {
    input: {
      name: form.raw("name").trim() || nameOfSpec(target),
      kind,
      spec: target,
      ...(intervalMs === undefined ? {} : { intervalMs }),
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
      regions: form.all("regions"),
      assertions: readAssertions(form, types.assertionSources),
      tags: readTags(form.raw("tags"))
    },
    problems
  }
}

/** The name of a monitor that was given none: what it looks at. */
const nameOfSpec = (spec: Readonly<Record<string, unknown>>): string => {
  const target = spec["url"] ?? spec["host"] ?? spec["name"]
  return typeof target === "string" ? nameOf(target) : ""
}
