/**
 * What the fields of a form know of it: what was typed, what is wrong, and whether it is on its way.
 */
import { createContext, useContext } from "solid-js"
import type { Problem } from "~/api/ApiProblem.ts"

/** The state of the form around a field. */
export interface FormState {
  /** The text of a field as it was posted, or undefined. */
  readonly value: (name: string) => string | undefined
  /** All of its texts. */
  readonly values: (name: string) => ReadonlyArray<string> | undefined
  /** What is wrong with a field. Members inside of it count, too. */
  readonly error: (name: string) => string | undefined
  readonly problem: () => Problem | undefined
  /** The errors that no field shows. */
  readonly unclaimed: () => NonNullable<Problem["errors"]>
  readonly isPending: () => boolean
  /** Says that a field with this name shows its own errors, as long as it is there. */
  readonly claim: (name: string) => void
  /** Prefix of ids, one a form. */
  readonly id: string
}

/** Set by `ApiForm`. */
export const FormContext = createContext<FormState>()

/** The form around, if there is one. */
export const useForm = (): FormState | undefined => useContext(FormContext)
