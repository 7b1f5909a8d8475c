/**
 * A form that a form handler of the dashboard takes (`src/forms`). Without JavaScript it is posted to its own page; with
 * it, it is sent in the same way by a script, and shows in place what is wrong.
 */
import { revalidate, useLocation, useNavigate } from "@solidjs/router"
import { createSignal, createUniqueId, type JSX, onCleanup, onMount, Show, sharedConfig } from "solid-js"
import { getRequestEvent, isServer } from "solid-js/web"
import type { Problem } from "~/api/ApiProblem.ts"
import { problemSentence } from "~/api/ProblemSentence.ts"
import { signInPath } from "~/api/SignInPath.ts"
import { Button, type ButtonVariant } from "~/components/Button.tsx"
import { ErrorList } from "~/components/ErrorList.tsx"
import { FormContext, type FormState, useForm } from "~/components/FormContext.ts"
import { toast } from "~/components/Toast.ts"
import type { FormAnswer, PostedForm } from "~/forms/NamedForm.ts"

const offline: Problem = { type: "about:blank", title: "The server can't be reached. Nothing was sent.", status: 503 }

/** A form by its name in `src/forms/Registry.ts`. */
export function ApiForm(props: {
  name: string
  /** Tells apart forms of one name on one page: the id of the row. */
  key?: string
  /** Fields that nobody types. */
  hidden?: Readonly<Record<string, string>>
  /** Said in a toast when it was accepted. */
  done?: string
  /** Called with what a form has to show, beside handing it to `children`. */
  onShow?: (shown: unknown) => void
  /** Called when it was accepted, before the page changes. */
  onDone?: () => void
  class?: string
  /** Its fields; `shown` is what the form has to show, when it was accepted. */
  children: JSX.Element | ((shown: () => unknown) => JSX.Element)
}) {
  const navigate = useNavigate()
  const location = useLocation()
  const id = createUniqueId()
  const first = postedTo(props.name, props.key ?? "")
  const [posted, setPosted] = createSignal<PostedForm | undefined>(first)
  const [isPending, setPending] = createSignal(false)
  const claimed = new Set<string>()
  let element!: HTMLFormElement

  const form: FormState = {
    id,
    isPending,
    problem: () => posted()?.problem,
    values: (name) => posted()?.values[name],
    value: (name) => posted()?.values[name]?.[0],
    error: (name) =>
      posted()
        ?.problem?.errors?.filter(({ path }) => isWithin(path, name))
        .map(({ message }) => message)
        .join("; ") || undefined,
    unclaimed: () =>
      posted()?.problem?.errors?.filter(({ path }) => ![...claimed].some((name) => isWithin(path, name))) ?? [],
    claim: (name) => {
      claimed.add(name)
      onCleanup(() => claimed.delete(name))
    }
  }

  /** Leads to what is wrong: to the first field that says so, unless there is more than fields say. */
  const focusProblem = () => {
    const field = element.querySelector<HTMLElement>('[aria-invalid="true"]')
    const whole = element.querySelector<HTMLElement>("[data-problem]")
    const target = form.unclaimed().length > 0 ? (whole ?? field) : (field ?? whole)
    if (target === null) return
    openAround(target)
    target.focus()
  }

  // What the browser itself refuses it says only where the field can be seen.
  onMount(() => element.addEventListener("invalid", (event) => openAround(event.target as HTMLElement), true))

  const submit = async (event: SubmitEvent) => {
    event.preventDefault()
    if (isPending()) return
    setPending(true)
    const answer = await send(new FormData(element, event.submitter), location.pathname + location.search)
    const base = { name: props.name, key: props.key ?? "" }
    if ("problem" in answer) {
      // What was not sent is still in the fields, with what they were given when they were refused before.
      setPosted({ ...base, problem: answer.problem, values: answer.values ?? posted()?.values ?? {} })
      setPending(false)
      queueMicrotask(focusProblem)
      return
    }
    props.onDone?.()
    if ("show" in answer) {
      setPosted({ ...base, values: {}, show: answer.show })
      props.onShow?.(answer.show)
    } else if (answer.reload) {
      // Stays pending until the page is gone, so that nothing is sent twice.
      window.location.assign(answer.redirect)
      return
    } else {
      setPosted(undefined)
      const here = location.pathname + location.search
      if (answer.redirect !== here) navigate(answer.redirect)
    }
    if (props.done) toast.done(props.done)
    await revalidate()
    setPending(false)
  }

  // Read once: each reading makes elements, and more than the server made would end hydration.
  const content = () => {
    const { children } = props
    return typeof children === "function" ? children(() => posted()?.show) : children
  }

  return (
    <FormContext.Provider value={form}>
      <form
        ref={element}
        method="post"
        action={location.pathname + location.search}
        class={props.class}
        data-form={formKey(props.name, props.key ?? "")}
        data-posted={first && JSON.stringify(first)}
        onSubmit={(event) => void submit(event)}
      >
        <input type="hidden" name="_form" value={props.name} />
        <Show when={props.key}>
          <input type="hidden" name="_key" value={props.key} />
        </Show>
        {Object.entries(props.hidden ?? {}).map(([name, value]) => (
          <input type="hidden" name={name} value={value} />
        ))}
        {content()}
      </form>
    </FormContext.Provider>
  )
}

/**
 * What is wrong with a form as a whole: its problem, and the errors that none of its fields shows. A page that comes from
 * the server lists those of the fields that follow, too, since it is written from the top.
 */
export function FormProblem() {
  const form = useForm()
  const location = useLocation()
  return (
    <Show when={form?.problem()}>
      {(problem) => (
        <div role="alert" tabindex="-1" data-problem="" class="rounded-md bg-down-soft px-3 py-2 text-down">
          <p>
            {problemSentence(problem())}
            <Show when={problem().type === "urn:openseer:problem:session-too-old"}>
              {" "}
              <a href={signInPath(location.pathname + location.search)} class="underline">
                To the sign-in page
              </a>
            </Show>
          </p>
          <ErrorList errors={form!.unclaimed()} />
        </div>
      )}
    </Show>
  )
}

/** The button that sends the form around it. */
export function SubmitButton(props: {
  children: JSX.Element
  variant?: ButtonVariant
  class?: string
  /** For screen readers, where the words on it need what stands around. */
  label?: string
}) {
  const form = useForm()
  return (
    <Button
      type="submit"
      variant={props.variant ?? "primary"}
      class={props.class}
      aria-label={props.label}
      aria-disabled={form?.isPending()}
    >
      {props.children}
    </Button>
  )
}

/** Whether an error at `path` is about the member `name`, or about one inside of it. */
const isWithin = (path: string, name: string): boolean =>
  path === name || path.startsWith(`${name}.`) || path.startsWith(`${name}[`)

/** Opens whatever is folded around an element. */
const openAround = (element: HTMLElement): void => {
  let folded = element.closest("details")
  for (; folded; folded = folded.parentElement?.closest("details") ?? null) folded.open = true
}

const formKey = (name: string, key: string): string => (key === "" ? name : `${name}:${key}`)

/**
 * The answer to a form that was posted without JavaScript: the server's, which the page hands over to the browser. For
 * what stands outside of the form and depends on it.
 */
export const postedTo = (name: string, key: string): PostedForm | undefined => {
  if (isServer) {
    const posted = getRequestEvent()?.locals.posted
    return posted?.name === name && posted.key === key ? posted : undefined
  }
  // Only while the server's page comes to life: later, a form of that name is another one.
  if (!sharedConfig.context) return undefined
  const text = document.querySelector<HTMLElement>(`[data-form="${CSS.escape(formKey(name, key))}"]`)?.dataset["posted"]
  return text === undefined ? undefined : (JSON.parse(text) as PostedForm)
}

/** `values` are missing when no form handler was asked. */
type Answer = FormAnswer | { readonly problem: Problem; readonly values?: undefined }

const send = async (form: FormData, page: string): Promise<Answer> => {
  try {
    const response = await fetch(page, {
      method: "POST",
      headers: { accept: "application/json" },
      body: new URLSearchParams([...form].filter((entry): entry is [string, string] => typeof entry[1] === "string"))
    })
    const answer = (await response.json()) as FormAnswer | Problem
    return "title" in answer ? { problem: answer } : answer
  } catch {
    return { problem: offline }
  }
}
