/**
 * A JSON Schema as a table of fields in Markdown: what each may be, what it is when it is left out, and what it is for.
 */
import { Schema } from "effect"

/** The part of JSON Schema that schemas of ours are made of. */
export interface JsonSchema {
  readonly $ref?: string
  readonly type?: string
  readonly enum?: ReadonlyArray<unknown>
  readonly anyOf?: ReadonlyArray<JsonSchema>
  readonly oneOf?: ReadonlyArray<JsonSchema>
  readonly allOf?: ReadonlyArray<JsonSchema>
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly required?: ReadonlyArray<string>
  readonly additionalProperties?: JsonSchema | boolean
  readonly items?: JsonSchema
  readonly prefixItems?: ReadonlyArray<JsonSchema>
  readonly description?: string
  readonly minimum?: number
  readonly maximum?: number
  readonly minLength?: number
  readonly maxLength?: number
  readonly maxItems?: number
  readonly pattern?: string
}

type Definitions = Readonly<Record<string, JsonSchema>>

/** A row: the path of the field, whether it must be there, what it may be, its default, and what it is for. */
interface Field {
  readonly path: string
  readonly isRequired: boolean
  readonly schema: JsonSchema
}

/** The table of a schema. `example` is a value that it accepts: what it may leave out shows the defaults. */
export const of = (schema: Schema.Codec<unknown, unknown>, example: unknown): string => {
  const document = Schema.toJsonSchemaDocument(schema, { onExcessProperty: "error" })
  const definitions = document.definitions as Definitions
  const root = document.schema as JsonSchema
  const least = leastOf(root, definitions, example)
  const defaults = Schema.encodeUnknownSync(schema)(Schema.decodeUnknownSync(schema)(least))
  const rows = fieldsOf(root, definitions, "").map(({ isRequired, path, schema: field }) => {
    const value = valueAt(defaults, path)
    const isShown = value !== undefined && (typeof value !== "object" || Array.isArray(value))
    const absent = isRequired ? "required" : isShown ? `\`${JSON.stringify(value)}\`` : ""
    return `| \`${path}\` | ${typeOf(field, definitions)} | ${absent} | ${escape(descriptionOf(field, definitions))} |`
  })
  return ["| field | is | default | for |", "| --- | --- | --- | --- |", ...rows].join("\n")
}

const resolve = (schema: JsonSchema, definitions: Definitions): JsonSchema => {
  const resolved = schema.$ref === undefined ? schema : definitions[schema.$ref.replace("#/$defs/", "")]
  return { ...resolved, ...(schema.description === undefined ? {} : { description: schema.description }) }
}

/** The least that a schema accepts: of each object its required members, taken from an example, and no others. */
const leastOf = (schema: JsonSchema, definitions: Definitions, example: unknown): unknown => {
  const { properties, required = [] } = resolve(schema, definitions)
  if (properties === undefined || isSecret(schema, definitions)) return example
  const members = Object.entries(properties).flatMap(([name, property]): ReadonlyArray<[string, unknown]> => {
    const inner = resolve(property, definitions)
    if (required.includes(name)) return [[name, leastOf(property, definitions, valueAt(example, name))]]
    // An object that may be empty shows the defaults of its members.
    const isOptionalObject = inner.properties !== undefined && (inner.required ?? []).length === 0
    return isOptionalObject ? [[name, leastOf(property, definitions, {})]] : []
  })
  return Object.fromEntries(members)
}

/** The members of an object, and below each object among them its members. Secrets are values, not objects. */
const fieldsOf = (schema: JsonSchema, definitions: Definitions, prefix: string): ReadonlyArray<Field> => {
  const { properties = {}, required = [] } = resolve(schema, definitions)
  return Object.entries(properties).flatMap(([name, property]): ReadonlyArray<Field> => {
    const path = `${prefix}${name}`
    const field = { path, schema: property, isRequired: required.includes(name) }
    return isSecret(property, definitions) ? [field] : [field].concat(fieldsOf(property, definitions, `${path}.`))
  })
}

const isSecret = (schema: JsonSchema, definitions: Definitions): boolean =>
  Object.keys(resolve(schema, definitions).properties ?? {}).join(",") === "secret"

const descriptionOf = (schema: JsonSchema, definitions: Definitions): string =>
  schema.description ?? resolve(schema, definitions).description ?? ""

const typeOf = (schema: JsonSchema, definitions: Definitions): string => {
  const resolved = resolve(schema, definitions)
  const alternatives = resolved.anyOf ?? resolved.oneOf
  if (isSecret(schema, definitions)) return "secret"
  if (alternatives !== undefined) {
    return [...new Set(alternatives.map((alternative) => typeOf(alternative, definitions)))].join(" or ")
  }
  if (resolved.enum !== undefined) return resolved.enum.map((value) => `\`${String(value)}\``).join(", ")
  const { additionalProperties, items, maximum, minimum, properties, type } = resolved
  if (type === "array") return items === undefined ? "list" : `list of ${typeOf(items, definitions)}`
  if (type === "object" && properties !== undefined) {
    return `{ ${Object.keys(properties)
      .map((name) => `\`${name}\``)
      .join(", ")} }`
  }
  if (type === "object" && typeof additionalProperties === "object") {
    return `${typeOf(additionalProperties, definitions)} by name`
  }
  if (type === "integer" || type === "number") {
    const range = minimum === undefined || maximum === undefined ? "" : `, ${minimum} to ${maximum}`
    return `${type === "integer" ? "whole number" : "number"}${range}`
  }
  if (type === "string")
    return resolved.maxLength === undefined ? "text" : `text, at most ${resolved.maxLength} characters`
  return type ?? "any JSON"
}

const valueAt = (value: unknown, path: string): unknown =>
  path.split(".").reduce<unknown>((inner, name) => (inner as Record<string, unknown> | undefined)?.[name], value)

const escape = (text: string): string => text.replaceAll("|", "\\|")
