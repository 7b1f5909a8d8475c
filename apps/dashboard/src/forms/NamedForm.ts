/**
 * A form of the dashboard: a name, and what is done when it is posted. One way for browsers with and without JavaScript.
 */
import type { Problem } from "~/api/ApiProblem.ts"
import type { Fields } from "~/forms/Fields.ts"

/** Asks the control plane, with the cookie of whoever posted. Throws an `ApiProblem`, which the form then shows. */
export type Call = <Answer>(
  method: "POST" | "PATCH" | "PUT" | "DELETE" | "GET",
  path: string,
  body?: unknown
) => Promise<Answer>

/** A posted form. */
export interface FormPost {
  readonly fields: Fields
  /** The page it was posted to, which is the page that showed it. */
  readonly page: URL
  readonly call: Call
}

/**
 * What comes of a form that was accepted: another page (or the same, read anew), or something to show on the page that
 * was posted from, such as a secret that is told once.
 */
export type FormOutcome =
  | {
      readonly redirect: string
      /** Who is signed in has changed, so that nothing that a tab remembers holds any more. */
      readonly reload?: true
      /** Cookies of the dashboard itself; those of the control plane are passed on without asking. */
      readonly cookies?: ReadonlyArray<string>
    }
  | { readonly show: unknown }

/** One form. */
export interface NamedForm {
  /** Fields that are never sent back, beside those whose name says so. */
  readonly secrets?: ReadonlyArray<string>
  readonly send: (post: FormPost) => Promise<FormOutcome>
}

/** What a page is told of the form that was posted to it: why it was refused with what was typed, or what to show. */
export interface PostedForm {
  readonly name: string
  /** Tells apart forms of one name on one page. */
  readonly key: string
  readonly problem?: Problem
  /** What was typed, without secrets: the texts of each field. */
  readonly values: Readonly<Record<string, ReadonlyArray<string>>>
  readonly show?: unknown
}

/** What a form that was sent by a script is answered. */
export type FormAnswer =
  | { readonly redirect: string; readonly reload?: true }
  | { readonly show: unknown }
  | { readonly problem: Problem; readonly values: PostedForm["values"] }
