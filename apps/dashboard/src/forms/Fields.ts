/**
 * The fields of a posted form, read by name.
 */

/** Reads fields. What is absent is an empty text: the control plane says what is missing. */
export interface Fields {
  /** As it was typed. */
  readonly raw: (name: string) => string
  /** Without space around it. */
  readonly text: (name: string) => string
  /** Without space around it; undefined when empty, which leaves the member out of the JSON. */
  readonly optional: (name: string) => string | undefined
  /** Undefined when empty; what is no number stays text, for the control plane to refuse. */
  readonly number: (name: string) => number | string | undefined
  /** All values of one name: of checkboxes, or a select of many. */
  readonly all: (name: string) => ReadonlyArray<string>
  /** Whether a checkbox is on. */
  readonly isOn: (name: string) => boolean
}

const control = new Set(["_form", "_key"])

/** Reads the fields of a form. Files are ignored. */
export const make = (form: FormData): Fields => {
  const all = (name: string): ReadonlyArray<string> => form.getAll(name).filter((value) => typeof value === "string")
  const raw = (name: string): string => all(name)[0] ?? ""
  const text = (name: string): string => raw(name).trim()
  const optional = (name: string): string | undefined => text(name) || undefined
  return {
    raw,
    text,
    optional,
    number: (name) => {
      const value = optional(name)
      return value === undefined || Number.isNaN(Number(value)) ? value : Number(value)
    },
    all,
    isOn: (name) => form.has(name)
  }
}

/** What may be sent back to the page: no passwords, codes or tokens, whatever a form has declared. */
export const values = (form: FormData, secrets: ReadonlyArray<string> = []): Record<string, ReadonlyArray<string>> => {
  const shown: Record<string, Array<string>> = {}
  for (const [name, value] of form) {
    const isSecret = secrets.includes(name) || /password|secret|token|code|api_?key/i.test(name)
    if (typeof value === "string" && !isSecret && !control.has(name)) (shown[name] ??= []).push(value)
  }
  return shown
}
