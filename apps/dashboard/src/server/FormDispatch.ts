/**
 * Takes posted forms: finds the one that is named, sends it, and says what comes of it in the way the sender asked for.
 */
import { fromResponse, type Problem, problemOf } from "~/api/ApiProblem.ts"
import * as Fields from "~/forms/Fields.ts"
import type { Call, FormAnswer, FormOutcome, NamedForm, PostedForm } from "~/forms/NamedForm.ts"
import type { ControlPlane } from "~/server/ControlPlane.ts"
import * as Problems from "~/server/Problems.ts"

/** More than any form of ours has. */
const bodyBytesMax = 262_144

/** An answer, or what the page that was posted to shall show, with its status. */
export type Dispatched =
  | { readonly response: Response }
  | { readonly posted: PostedForm; readonly status: number; readonly cookies: ReadonlyArray<string> }

/** Dispatches one post. `forms` are those that there are, by name. */
export const dispatch = async (
  request: Request,
  controlPlane: ControlPlane,
  forms: Readonly<Record<string, NamedForm>>
): Promise<Dispatched> => {
  const refused = refusal(request)
  if (refused) return { response: refused }
  const data = await request.formData().catch(() => undefined)
  if (data === undefined) return { response: Problems.notAForm() }
  const name = textOf(data.get("_form"))
  const form = Object.hasOwn(forms, name) ? forms[name] : undefined
  if (form === undefined) return { response: Problems.notAllowed() }

  const cookies: Array<string> = []
  const call: Call = async <Answer>(method: string, path: string, body?: unknown) => {
    const response = await controlPlane(path, { method, body })
    cookies.push(...response.headers.getSetCookie())
    if (!response.ok) throw await fromResponse(response)
    return (response.status === 204 ? undefined : await response.json()) as Answer
  }
  const posted = {
    name,
    key: textOf(data.get("_key")),
    values: Fields.values(data, form.secrets)
  }
  let outcome: FormOutcome
  try {
    outcome = await form.send({ fields: Fields.make(data), page: new URL(request.url), call })
  } catch (error) {
    const problem = problemOf(error)
    return refuse(request, posted, problem, cookies)
  }
  if ("show" in outcome) {
    return isByScript(request)
      ? { response: answer({ show: outcome.show }, cookies) }
      : { posted: { ...posted, values: {}, show: outcome.show }, status: 200, cookies }
  }
  const { cookies: own = [], ...then } = outcome
  if (isByScript(request)) return { response: answer(then, [...cookies, ...own]) }
  const headers = new Headers({ location: then.redirect, "cache-control": "private, no-store" })
  for (const cookie of [...cookies, ...own]) headers.append("set-cookie", cookie)
  return { response: new Response(null, { status: 303, headers }) }
}

const refuse = (request: Request, posted: PostedForm, problem: Problem, cookies: ReadonlyArray<string>): Dispatched =>
  isByScript(request)
    ? { response: answer({ problem, values: posted.values }, cookies) }
    : { posted: { ...posted, problem }, status: problem.status, cookies }

const refusal = (request: Request): Response | undefined => {
  if (request.method !== "POST") return Problems.notAllowed()
  const type = request.headers.get("content-type") ?? ""
  if (!/^(application\/x-www-form-urlencoded|multipart\/form-data)\b/i.test(type)) return Problems.notAForm()
  // Browsers always say how long a form is.
  const length = Number(request.headers.get("content-length") ?? Number.NaN)
  return length <= bodyBytesMax ? undefined : Problems.tooLarge()
}

const isByScript = (request: Request): boolean =>
  (request.headers.get("accept") ?? "").toLowerCase().startsWith("application/json")

/** Always 200: that a form was refused is an answer, and browsers write every other status to the console as an error. */
const answer = (body: FormAnswer, cookies: ReadonlyArray<string>): Response => {
  const headers = new Headers({ "cache-control": "private, no-store" })
  for (const cookie of cookies) headers.append("set-cookie", cookie)
  return Response.json(body, { headers })
}

const textOf = (value: FormDataEntryValue | null): string => (typeof value === "string" ? value : "")
