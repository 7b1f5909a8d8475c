/**
 * A spec as the fields of a form, and back. Names are paths with dots, as in the API's errors: `spec.headers.0.value`.
 */
import { durationMs, durationWords } from "~/editor/DurationText.ts"
import { rowsMax, type Shape, variantOf, variantPath } from "~/editor/Shape.ts"

/** What a form holds: the text of a field, and whether it is there at all. */
export interface FormTexts {
  readonly raw: (name: string) => string
  readonly isOn: (name: string) => boolean
}

/** A value of a spec: where it is (`spec.tls.verify`), what it is called, and what it is now. */
export interface SpecFieldProps {
  shape: Shape
  path: string
  label: string
  description?: string | undefined
  isRequired?: boolean
  value: unknown
}

/** What stands in the API for a secret that is stored. */
export const kept = "***"

/** The field that says a row is there; the one that names the variant; the one that says a text is a secret. */
export const rowField = (path: string): string => `${path}.row`
export const variantField = (path: string): string => `${path}.is`
export const secretField = (path: string): string => `${path}.hidden`
/** Whether a secret is stored, so that an empty field means that one. */
export const keptField = (path: string): string => `${path}.kept`

/** A field that can't be read, with what to do about it. */
export interface UnreadableField {
  readonly path: string
  readonly message: string
}

/** The value that a form holds at a path; undefined leaves the member out. Adds to `problems` what can't be read. */
export const readValue = (
  shape: Shape,
  path: string,
  form: FormTexts,
  problems: Array<UnreadableField> = []
): unknown => {
  switch (shape.is) {
    case "text": {
      const text = form.raw(path)
      if (shape.mayBeSecret && form.isOn(secretField(path))) return readSecret(path, form)
      return text === "" ? undefined : text
    }
    case "secret":
      return readSecret(path, form)
    case "number":
      return readNumber(shape.isDuration, form.raw(path).trim())
    case "flag": {
      const text = form.raw(path)
      return text === "" ? undefined : text === "true"
    }
    case "choice":
      return form.raw(path) || undefined
    case "record": {
      const rows = rowPaths(path, form, rowsMax).flatMap((row) => {
        const name = form.raw(`${row}.name`).trim()
        return name === "" ? [] : [[name, readValue(shape.value, `${row}.value`, form, problems) ?? ""] as const]
      })
      return rows.length === 0 ? undefined : Object.fromEntries(rows)
    }
    case "list": {
      const items = rowPaths(path, form, shape.itemsMax).flatMap((row) => {
        const item = readValue(shape.item, row, form, problems)
        return item === undefined ? [] : [item]
      })
      return items.length === 0 ? undefined : items
    }
    case "group": {
      const members = shape.members.flatMap(({ name, shape: inner }) => {
        const value = readValue(inner, `${path}.${name}`, form, problems)
        return value === undefined ? [] : [[name, value] as const]
      })
      return members.length === 0 ? undefined : Object.fromEntries(members)
    }
    case "union": {
      const key = form.raw(variantField(path))
      const variant = shape.variants.find((one) => one.key === key)
      if (variant === undefined) return undefined
      return (
        readValue(variant.shape, variantPath(shape, variant, path), form, problems) ??
        (variant.shape.is === "group" ? {} : undefined)
      )
    }
    case "json": {
      const text = form.raw(path).trim()
      if (text === "") return undefined
      try {
        return JSON.parse(text) as unknown
      } catch {
        problems.push({ path, message: "must be JSON" })
        return undefined
      }
    }
  }
}

const readSecret = (path: string, form: FormTexts): unknown => {
  const text = form.raw(path)
  if (text !== "") return { secret: text }
  return form.isOn(keptField(path)) ? { secret: kept } : undefined
}

/** What is no number stays text, for the API to refuse by name. */
const readNumber = (isDuration: boolean, text: string): unknown => {
  if (text === "") return undefined
  const number = isDuration ? durationMs(text, "ms") : Number(text)
  return number === undefined || Number.isNaN(number) ? text : number
}

const rowPaths = (path: string, form: FormTexts, max: number): ReadonlyArray<string> =>
  Array.from({ length: max + 1 }, (_, index) => `${path}.${index}`).filter((row) => form.isOn(rowField(row)))

/** The text of a single field for a value. */
export const textOf = (shape: Shape, value: unknown): string => {
  if (value === undefined || value === null) return ""
  if (shape.is === "number" && shape.isDuration && typeof value === "number") return durationWords(value)
  if (shape.is === "json") return JSON.stringify(value, null, 2)
  return typeof value === "object" ? "" : String(value)
}

/** Whether a value is a secret that is stored. */
export const isSecret = (value: unknown): boolean => typeof value === "object" && value !== null && "secret" in value

/** The key of the variant that a value has, or none. */
export const variantKeyOf = (shape: Shape & { readonly is: "union" }, value: unknown): string =>
  value === undefined ? "" : (variantOf(shape.variants, value)?.key ?? "")
