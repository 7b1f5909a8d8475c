/**
 * The second step of setting up a second factor: scan, type the code that the app shows.
 */
import { Show } from "solid-js"
import { problemSentence } from "~/api/ProblemSentence.ts"
import { CodeField } from "~/auth/CodeField.tsx"
import { FormProblem, SubmitButton } from "~/components/ApiForm.tsx"
import { CopyButton } from "~/components/CopyButton.tsx"
import type { SecondFactorStep } from "~/forms/SecondFactor.ts"

/** Four characters at a time can be typed without losing one's place. */
const inGroups = (secret: string): string => secret.replace(/.{4}(?=.)/g, "$& ")

/** Stands in the form that confirms it. */
export function ConfirmOffer(props: { step: Extract<SecondFactorStep, { step: "confirm" }> }) {
  const codeError = () => props.step.problem?.errors?.map(({ message }) => message).join("; ")
  return (
    <>
      <input type="hidden" name="secret" value={props.step.offer.secret} />
      <input type="hidden" name="uri" value={props.step.offer.uri} />
      <FormProblem />
      <div class="flex flex-col gap-5 sm:flex-row">
        <svg
          viewBox={`0 0 ${props.step.qr.size} ${props.step.qr.size}`}
          role="img"
          aria-label="QR for your authenticator app"
          class="h-48 w-48 shrink-0 rounded-md border border-line"
          shape-rendering="crispEdges"
        >
          <rect width="100%" height="100%" fill="#fff" />
          <path d={props.step.qr.path} fill="#000" />
        </svg>
        <div class="flex min-w-0 flex-col gap-4">
          <ol class="flex list-decimal flex-col gap-1 pl-5">
            <li>Scan the code with an authenticator app, such as Aegis, 1Password or Google Authenticator.</li>
            <li>Type the six digits that it shows.</li>
          </ol>
          <div class="flex flex-col gap-1">
            <span class="text-muted">Can't scan it? Type this secret into the app:</span>
            <div class="flex flex-wrap items-center gap-2">
              <code class="rounded bg-sunken px-2 py-1 font-mono wrap-anywhere">
                {inGroups(props.step.offer.secret)}
              </code>
              <CopyButton text={props.step.offer.secret} what="the secret" />
            </div>
          </div>
          <Show when={props.step.problem && !codeError()}>
            <p role="alert" class="rounded-md bg-down-soft px-3 py-2 text-down">
              {problemSentence(props.step.problem!)}
            </p>
          </Show>
          <CodeField class="max-w-48" error={codeError()} />
          <div>
            <SubmitButton>Turn on</SubmitButton>
          </div>
        </div>
      </div>
    </>
  )
}
