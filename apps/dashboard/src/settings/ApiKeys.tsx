/**
 * API keys: making one, and those that there are.
 */
import type { ApiKey } from "@openseer/core/contract/AccountsApi"
import { createAsyncStore } from "@solidjs/router"
import { For, Match, Show, Switch } from "solid-js"
import { getApiKeys } from "~/api/Organization.ts"
import { ApiForm, FormProblem, SubmitButton } from "~/components/ApiForm.tsx"
import { CommandLine } from "~/components/CommandLine.tsx"
import { ConfirmForm } from "~/components/ConfirmForm.tsx"
import { Field, SelectField } from "~/components/Field.tsx"
import { useForm } from "~/components/FormContext.ts"
import { Panel } from "~/components/Panel.tsx"
import { SecretOnce } from "~/components/SecretOnce.tsx"
import { SkeletonRows } from "~/components/Skeleton.tsx"
import { ActionCell, Cell, Row, StackTable } from "~/components/StackTable.tsx"
import { Time, useNow } from "~/components/Time.tsx"
import type { NewApiKey } from "~/forms/Credentials.ts"
import { expiryChoices } from "~/settings/Expiry.ts"
import { scopeMay, scopes, scopeWords } from "~/settings/Scopes.ts"

/** Makes a key and shows it, once, with a line to try it. */
export function CreateApiKey() {
  return (
    <Panel title="Create an API key">
      <ApiForm name="create-api-key" class="flex flex-col gap-4">
        {(shown) => (
          <>
            <Show when={shown() as NewApiKey | undefined}>
              {(key) => (
                <SecretOnce label={`API key ${key().name}`} secret={key().token}>
                  <CommandLine
                    label="Try it"
                    text={`curl -H "Authorization: Bearer ${key().token}" ${key().origin}/api/v1/monitors`}
                  />
                </SecretOnce>
              )}
            </Show>
            <FormProblem />
            <div class="grid gap-4 sm:grid-cols-2">
              <Field
                name="name"
                label="Name"
                hint="What uses it: it stands in the audit log."
                placeholder="Deploy pipeline"
                autocomplete="off"
                maxlength={120}
                required
              />
              <SelectField
                name="expiry"
                label="Valid for"
                value="90d"
                options={expiryChoices("7d", "30d", "90d", "365d", "never")}
              />
            </div>
            <ScopeChoice />
            <div>
              <SubmitButton>Create key</SubmitButton>
            </div>
          </>
        )}
      </ApiForm>
    </Panel>
  )
}

function ScopeChoice() {
  const form = useForm()
  const chosen = () => form?.value("scopes") ?? "read"
  return (
    <fieldset class="flex flex-col gap-1">
      <legend class="mb-1 font-medium">It may</legend>
      <For each={scopes}>
        {(scope) => (
          <label class="flex cursor-pointer items-baseline gap-2.5 rounded-md border border-line px-3 py-1.5 hover:bg-hover has-checked:border-accent has-checked:bg-accent-soft">
            <input type="radio" name="scopes" value={scope} checked={scope === chosen()} required />
            <span>
              {scopeMay[scope]} <code class="font-mono text-muted">{scope}</code>
            </span>
          </label>
        )}
      </For>
    </fieldset>
  )
}

const columns = [
  { title: "Key" },
  { title: "May" },
  { title: "Last used" },
  { title: "Expires" },
  { title: "Created" },
  { title: "Actions", hidden: true, end: true }
]

/** The keys, newest first. */
export function ApiKeys() {
  const keys = createAsyncStore(() => getApiKeys(), { deferStream: true })
  return (
    <Panel title="API keys" queries={getApiKeys.key} fallback={<SkeletonRows rows={3} class="h-14" />} flush>
      <Show
        when={keys()?.items.length}
        fallback={
          <p class="px-4 py-3 text-muted">None yet. A key lets a script or a service use the API in your stead.</p>
        }
      >
        <StackTable label="API keys" columns={columns}>
          <For each={keys()?.items}>{(key) => <KeyRow apiKey={key} />}</For>
        </StackTable>
      </Show>
    </Panel>
  )
}

function KeyRow(props: { apiKey: ApiKey }) {
  const now = useNow()
  const isExpired = () => props.apiKey.expiresAt !== undefined && Date.parse(props.apiKey.expiresAt) <= now()
  const isOver = () => props.apiKey.revokedAt !== undefined || isExpired()
  return (
    <Row faded={isOver()}>
      <Cell label="Key" head>
        <div>
          <div>{props.apiKey.name}</div>
          <code class="font-mono font-normal text-muted">{props.apiKey.display}</code>
        </div>
      </Cell>
      <Cell label="May">{scopeWords(props.apiKey.scopes)}</Cell>
      <Cell label="Last used">
        <Show when={props.apiKey.lastUsedAt} fallback={<span class="text-muted">Never</span>}>
          {(at) => <Time at={at()} />}
        </Show>
      </Cell>
      <Cell label="Expires">
        <Switch fallback="When revoked">
          <Match when={props.apiKey.revokedAt}>
            {(at) => (
              <span>
                Revoked <Time at={at()} />
              </span>
            )}
          </Match>
          <Match when={props.apiKey.expiresAt}>
            {(at) => (
              <span>
                {isExpired() ? "Expired " : ""}
                <Time at={at()} />
              </span>
            )}
          </Match>
        </Switch>
      </Cell>
      <Cell label="Created">
        <Time at={props.apiKey.createdAt} />
      </Cell>
      <ActionCell>
        <Show when={!isOver()}>
          <ConfirmForm
            form="revoke-api-key"
            id={props.apiKey.id}
            hidden={{ apiKeyId: props.apiKey.id }}
            trigger="Revoke"
            label={`Revoke the key ${props.apiKey.name}`}
            title={`Revoke ${props.apiKey.name}?`}
            action="Revoke key"
            done="Key revoked"
          >
            <p>
              It is refused from its next request on, for good.{" "}
              <Show when={props.apiKey.lastUsedAt} fallback="It was never used.">
                {(at) => (
                  <>
                    It was last used <Time at={at()} />.
                  </>
                )}
              </Show>
            </p>
          </ConfirmForm>
        </Show>
      </ActionCell>
    </Row>
  )
}
