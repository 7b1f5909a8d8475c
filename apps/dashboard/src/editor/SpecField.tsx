/**
 * The fields of one value of a spec, whatever its shape: a line, a choice, or a group with fields of its own.
 */
import { createSignal, For, type JSX, Show } from "solid-js"
import { Field, inputClass, SelectField, TextField } from "~/components/Field.tsx"
import { useForm } from "~/components/FormContext.ts"
import { durationWords } from "~/editor/DurationText.ts"
import { FormRows } from "~/editor/FormRows.tsx"
import { memberLabel } from "~/editor/MemberLabel.ts"
import { SecretField, SecretText } from "~/editor/SecretField.tsx"
import { type Member, type Shape, variantPath } from "~/editor/Shape.ts"
import { type SpecFieldProps, textOf, variantField, variantKeyOf } from "~/editor/SpecValues.ts"

/** Texts longer than this get lines. */
const lineLengthMax = 2_048

/** The fields of a value. Its shape never changes. */
export function SpecField(props: SpecFieldProps): JSX.Element {
  const { shape } = props
  const common = () => ({
    name: props.path,
    label: props.label,
    ...(props.description === undefined ? {} : { hint: props.description })
  })
  switch (shape.is) {
    case "text":
      if (shape.mayBeSecret) return <SecretText {...props} />
      return (shape.lengthMax ?? 0) > lineLengthMax ? (
        <TextField {...common()} value={textOf(shape, props.value)} rows={4} spellcheck={false} />
      ) : (
        <Field
          {...common()}
          value={textOf(shape, props.value)}
          required={props.isRequired ?? false}
          autocomplete="off"
          spellcheck={false}
        />
      )
    case "secret":
      return <SecretField {...props} />
    case "number":
      return shape.isDuration ? (
        <Field
          {...common()}
          value={textOf(shape, props.value)}
          placeholder={shape.min === undefined ? "like 30 s" : `${durationWords(shape.min)} or more`}
          autocomplete="off"
        />
      ) : (
        <Field
          {...common()}
          type="number"
          value={textOf(shape, props.value)}
          {...(shape.min === undefined ? {} : { min: shape.min })}
          {...(shape.max === undefined ? {} : { max: shape.max })}
          required={props.isRequired ?? false}
        />
      )
    case "flag":
      return (
        <SelectField
          {...common()}
          value={textOf(shape, props.value)}
          options={[
            { value: "", label: "Default" },
            { value: "true", label: "Yes" },
            { value: "false", label: "No" }
          ]}
        />
      )
    case "choice":
      return (
        <SelectField
          {...common()}
          value={textOf(shape, props.value)}
          options={[
            ...(props.isRequired ? [] : [{ value: "", label: "Default" }]),
            ...shape.options.map((value) => ({ value, label: value }))
          ]}
        />
      )
    case "record":
      return <RecordField {...props} shape={shape} />
    case "list":
      return <ListField {...props} shape={shape} />
    case "group":
      return (
        <Group {...props}>
          <Members members={shape.members} path={props.path} value={props.value} isOptional={!props.isRequired} />
        </Group>
      )
    case "union":
      return <UnionField {...props} shape={shape} />
    case "json":
      return <TextField {...common()} value={textOf(shape, props.value)} rows={4} spellcheck={false} />
  }
}

/** The members of a group, side by side where they are short. Of an optional group none has to be filled in. */
export function Members(props: {
  members: ReadonlyArray<Member>
  path: string
  value: unknown
  isOptional?: boolean | undefined
}) {
  const value = (name: string) => (props.value as Readonly<Record<string, unknown>> | undefined)?.[name]
  return (
    <div class="grid gap-x-4 gap-y-3 sm:grid-cols-2">
      <For each={props.members}>
        {({ description, isRequired, name, shape }) => (
          <div class={isWide(shape) ? "sm:col-span-2" : ""}>
            <SpecField
              shape={shape}
              path={`${props.path}.${name}`}
              label={memberLabel(name)}
              description={description}
              isRequired={isRequired && !props.isOptional}
              value={value(name)}
            />
          </div>
        )}
      </For>
    </div>
  )
}

const isWide = (shape: Shape): boolean =>
  shape.is === "group" ||
  shape.is === "record" ||
  shape.is === "list" ||
  shape.is === "union" ||
  shape.is === "json" ||
  (shape.is === "text" && (shape.lengthMax ?? 0) >= lineLengthMax)

/** Several fields with one name. Closed while nothing is set. */
function Group(props: SpecFieldProps & { children: JSX.Element }) {
  const form = useForm()
  const error = () => form?.error(props.path)
  return (
    <details
      class="rounded-md border border-line"
      open={props.value !== undefined || props.isRequired === true || error() !== undefined}
    >
      <summary class="min-h-9 cursor-pointer px-3 py-2 font-medium">
        {props.label}
        <Show when={props.description}>
          <span class="ml-2 font-normal text-muted">{props.description}</span>
        </Show>
      </summary>
      <fieldset class="border-t border-line p-3">
        <legend class="sr-only">{props.label}</legend>
        {props.children}
      </fieldset>
    </details>
  )
}

const wordsOfVariant = (key: string): string => (key === "text" ? "Text" : key === "json" ? "JSON" : memberLabel(key))

function UnionField(props: SpecFieldProps & { shape: Shape & { is: "union" } }) {
  const form = useForm()
  const path = variantField(props.path)
  const first = form?.value(path) ?? variantKeyOf(props.shape, props.value)
  const [key, setKey] = createSignal(first)
  return (
    <Group {...props}>
      <div class="flex flex-col gap-3">
        <SelectField
          name={path}
          label="Kind"
          value={first}
          onChange={setKey}
          options={[
            ...(props.isRequired ? [] : [{ value: "", label: "None" }]),
            ...props.shape.variants.map((variant) => ({ value: variant.key, label: wordsOfVariant(variant.key) }))
          ]}
        />
        <For each={props.shape.variants}>
          {(variant) => (
            // Hidden, not gone: what was typed is there again when one changes one's mind. Only the chosen one counts.
            <div hidden={key() !== variant.key && key() !== ""} class={key() === "" ? "script-hidden" : ""}>
              <Show
                when={variant.shape.is === "group" && variant.shape}
                fallback={
                  <SpecField
                    shape={variant.shape}
                    path={variantPath(props.shape, variant, props.path)}
                    label={wordsOfVariant(variant.key)}
                    value={variant.key === variantKeyOf(props.shape, props.value) ? props.value : undefined}
                  />
                }
              >
                {(group) => (
                  <Members
                    members={(group() as Shape & { is: "group" }).members}
                    path={variantPath(props.shape, variant, props.path)}
                    value={variant.key === variantKeyOf(props.shape, props.value) ? props.value : undefined}
                    isOptional
                  />
                )}
              </Show>
            </div>
          )}
        </For>
      </div>
    </Group>
  )
}

function RecordField(props: SpecFieldProps & { shape: Shape & { is: "record" } }) {
  const entries = Object.entries((props.value ?? {}) as Readonly<Record<string, unknown>>)
  const form = useForm()
  form?.claim(props.path)
  return (
    <Group {...props}>
      <Show when={form?.error(props.path)}>
        <p class="mb-2 text-down">{form?.error(props.path)}</p>
      </Show>
      <FormRows path={props.path} count={entries.length} max={32} what={`row of ${props.label.toLowerCase()}`}>
        {(row, index) => (
          <div class="grid gap-2 sm:grid-cols-[minmax(8rem,1fr)_2fr]">
            <input
              class={inputClass}
              name={`${row}.name`}
              aria-label={`${props.label}: name ${index + 1}`}
              placeholder="Name"
              value={form?.value(`${row}.name`) ?? entries[index]?.[0] ?? ""}
              autocomplete="off"
              spellcheck={false}
            />
            <Show
              when={props.shape.value.is === "text"}
              fallback={
                <SpecField
                  shape={props.shape.value}
                  path={`${row}.value`}
                  label={`Value ${index + 1}`}
                  value={entries[index]?.[1]}
                />
              }
            >
              <SecretText
                shape={props.shape.value}
                path={`${row}.value`}
                label={`${props.label}: value ${index + 1}`}
                value={entries[index]?.[1]}
                isBare
              />
            </Show>
          </div>
        )}
      </FormRows>
    </Group>
  )
}

function ListField(props: SpecFieldProps & { shape: Shape & { is: "list" } }) {
  const items = (Array.isArray(props.value) ? props.value : []) as ReadonlyArray<unknown>
  return (
    <Group {...props}>
      <FormRows path={props.path} count={items.length} max={props.shape.itemsMax} what="step">
        {(row, index) => <SpecField shape={props.shape.item} path={row} label={`${index + 1}.`} value={items[index]} />}
      </FormRows>
    </Group>
  )
}
