/**
 * The second factor: set up with a code to scan, recovery codes, and taken away again.
 */
import ShieldCheck from "lucide-solid/icons/shield-check"
import { createMemo, createSignal, Show } from "solid-js"
import { useAccount } from "~/components/AccountContext.tsx"
import { ApiForm, FormProblem, postedTo, SubmitButton } from "~/components/ApiForm.tsx"
import { ConfirmForm } from "~/components/ConfirmForm.tsx"
import { Panel } from "~/components/Panel.tsx"
import type { SecondFactorStep } from "~/forms/SecondFactor.ts"
import { ConfirmationField } from "~/settings/ConfirmationField.tsx"
import { ConfirmOffer } from "~/settings/ConfirmOffer.tsx"
import { RecoveryCodesOnce } from "~/settings/RecoveryCodesOnce.tsx"

const codesOf = (shown: unknown): ReadonlyArray<string> | undefined => {
  const step = shown as SecondFactorStep | undefined
  return step?.step === "codes" ? step.codes : undefined
}

/** What there is to see and to do, by whether the account has one. */
export function SecondFactor() {
  const { account } = useAccount()
  // Once it is set up the account has one, and the codes still have to be seen.
  const [fresh, setFresh] = createSignal(codesOf(postedTo("enable-second-factor", "")?.show))
  return (
    <Panel title="Second factor">
      <Show when={account()?.hasSecondFactor && !fresh()} fallback={<Enable onCodes={setFresh} />}>
        <div class="flex flex-col gap-4">
          <p class="flex items-start gap-2">
            <ShieldCheck size={18} class="shrink-0 text-up" aria-hidden="true" />
            <span>
              <strong>On.</strong> Signing in with your password also needs a code of your authenticator app.{" "}
              <span class="text-muted">
                {account()?.recoveryCodesLeft} recovery {account()?.recoveryCodesLeft === 1 ? "code" : "codes"} left,
                for when the app is lost.
              </span>
            </span>
          </p>
          <details open={postedTo("renew-recovery-codes", "") !== undefined}>
            <summary class="inline-flex min-h-8 items-center text-accent underline">Make new recovery codes</summary>
            <ApiForm name="renew-recovery-codes" class="mt-2 flex max-w-md flex-col gap-4">
              {(shown) => (
                <Show
                  when={codesOf(shown())}
                  fallback={
                    <>
                      <FormProblem />
                      <p class="text-muted">Those that you have now are not valid any more then.</p>
                      <ConfirmationField ofFactor />
                      <div>
                        <SubmitButton>Make new codes</SubmitButton>
                      </div>
                    </>
                  }
                >
                  {(codes) => <RecoveryCodesOnce codes={codes()} />}
                </Show>
              )}
            </ApiForm>
          </details>
          <div>
            <ConfirmForm
              form="remove-second-factor"
              id="own"
              trigger="Turn off"
              label="Turn off the second factor"
              triggerVariant="danger"
              title="Turn off the second factor?"
              action="Turn off"
              done="The second factor is off"
            >
              <p>Your password alone signs in then. The recovery codes are not valid any more.</p>
              <ConfirmationField ofFactor />
            </ConfirmForm>
          </div>
        </div>
      </Show>
    </Panel>
  )
}

function Enable(props: { onCodes: (codes: ReadonlyArray<string> | undefined) => void }) {
  const { account } = useAccount()
  return (
    <ApiForm name="enable-second-factor" class="flex flex-col gap-4" onShow={(shown) => props.onCodes(codesOf(shown))}>
      {(shown) => {
        // A request that got lost on its way must not lose what the app has scanned.
        const step = createMemo<SecondFactorStep | undefined>(
          (before) => (shown() as SecondFactorStep | undefined) ?? before
        )
        const offered = () => {
          const now = step()
          return now?.step === "confirm" ? now : undefined
        }
        return (
          <Show
            when={codesOf(step())}
            fallback={
              <Show
                when={offered()}
                fallback={
                  <>
                    <p class="max-w-prose">
                      <strong>Off.</strong> With it, signing in also needs a code from an app on your telephone, so that
                      a stolen password is not enough.
                    </p>
                    <FormProblem />
                    <div class="max-w-md">
                      <Show when={account()?.hasPassword}>
                        <ConfirmationField />
                      </Show>
                    </div>
                    <div>
                      <SubmitButton>Set up</SubmitButton>
                    </div>
                  </>
                }
              >
                {(confirm) => <ConfirmOffer step={confirm()} />}
              </Show>
            }
          >
            {(codes) => <RecoveryCodesOnce codes={codes()} onKept={() => props.onCodes(undefined)} />}
          </Show>
        )
      }}
    </ApiForm>
  )
}
