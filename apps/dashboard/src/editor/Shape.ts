/**
 * What the form of a spec looks like, made of the JSON Schema of its check type: the same for types that are built in
 * and for a user's own.
 */

/** A JSON Schema, as far as forms look into it. */
export type JsonSchema = { readonly [keyword: string]: unknown }

/** One member of a group. */
export interface Member {
  readonly name: string
  readonly isRequired: boolean
  readonly shape: Shape
  readonly description: string | undefined
}

/** One of several forms that a value may have. `key` tells it apart in a posted form. */
export interface Variant {
  readonly key: string
  readonly shape: Shape
}

/** How a value is asked for. `json`: nothing better is known, so it is written as JSON. */
export type Shape =
  | { readonly is: "text"; readonly lengthMax: number | undefined; readonly mayBeSecret: boolean }
  | { readonly is: "secret"; readonly lengthMax: number | undefined }
  | {
      readonly is: "number"
      /** Milliseconds, which people read and write as 90 s or 5 min. */
      readonly isDuration: boolean
      readonly min: number | undefined
      readonly max: number | undefined
    }
  | { readonly is: "flag" }
  | { readonly is: "choice"; readonly options: ReadonlyArray<string> }
  | { readonly is: "record"; readonly value: Shape }
  | { readonly is: "list"; readonly item: Shape; readonly itemsMax: number }
  | { readonly is: "group"; readonly members: ReadonlyArray<Member> }
  | { readonly is: "union"; readonly variants: ReadonlyArray<Variant>; readonly isFlat: boolean }
  | { readonly is: "json" }

/** Rows of a list or a record that states no limit. */
export const rowsMax = 32

/** Deeper schemas are written as JSON: one that refers to itself would never end. */
const depthMax = 8

/** The shape of a schema document, `{ $ref, $defs }`. */
export const shapeOf = (document: JsonSchema): Shape => {
  const definitions = (document["$defs"] ?? {}) as Readonly<Record<string, JsonSchema>>
  return make(document, { definitions, depth: 0, name: "" })
}

interface Place {
  readonly definitions: Readonly<Record<string, JsonSchema>>
  readonly depth: number
  /** The name of the member, which tells durations from other numbers. */
  readonly name: string
}

const resolve = (schema: JsonSchema, { definitions }: Place): JsonSchema => {
  const reference = schema["$ref"]
  const found = typeof reference === "string" ? definitions[reference.replace("#/$defs/", "")] : undefined
  return found === undefined ? schema : { ...found, ...without(schema, "$ref") }
}

const make = (given: JsonSchema, place: Place): Shape => {
  if (place.depth > depthMax) return { is: "json" }
  const schema = resolve(given, place)
  const inner = { ...place, depth: place.depth + 1 }
  const union = schema["anyOf"] ?? schema["oneOf"]
  if (Array.isArray(union)) return unionOf(union as Array<JsonSchema>, inner)
  if (Array.isArray(schema["enum"]) && schema["type"] === "string") {
    return { is: "choice", options: schema["enum"] as Array<string> }
  }
  switch (schema["type"]) {
    case "string":
      return { is: "text", lengthMax: number(schema["maxLength"]), mayBeSecret: false }
    case "integer":
    case "number":
      return {
        is: "number",
        isDuration: /Ms(Max|Min)?$/.test(place.name),
        min: number(schema["minimum"]),
        max: number(schema["maximum"])
      }
    case "boolean":
      return { is: "flag" }
    case "array":
      return {
        is: "list",
        item: make((schema["items"] ?? {}) as JsonSchema, inner),
        itemsMax: number(schema["maxItems"]) ?? rowsMax
      }
    case "object":
      return objectOf(schema, inner)
    default:
      return { is: "json" }
  }
}

const objectOf = (schema: JsonSchema, place: Place): Shape => {
  const properties = schema["properties"] as Readonly<Record<string, JsonSchema>> | undefined
  if (properties === undefined) {
    const value = schema["additionalProperties"]
    return isSchema(value) ? { is: "record", value: make(value, place) } : { is: "json" }
  }
  const names = Object.keys(properties)
  // What core's `Secret` looks like: it is written and never shown.
  if (names.length === 1 && names[0] === "secret") {
    return { is: "secret", lengthMax: number(resolve(properties["secret"]!, place)["maxLength"]) }
  }
  const required = new Set(Array.isArray(schema["required"]) ? (schema["required"] as Array<string>) : [])
  return {
    is: "group",
    members: names.map((name) => ({
      name,
      isRequired: required.has(name),
      // The phases of `phaseTimeoutsMs` are durations, too.
      shape: make(properties[name]!, { ...place, name: place.name.endsWith("Ms") ? `${name}Ms` : name }),
      description: resolve(properties[name]!, place)["description"] as string | undefined
    }))
  }
}

const unionOf = (schemas: ReadonlyArray<JsonSchema>, place: Place): Shape => {
  const shapes = schemas.map((schema) => make(schema, place))
  if (shapes.length === 1) return shapes[0]!
  const [first, second] = shapes
  if (shapes.length === 2 && first?.is === "text" && second?.is === "secret") return { ...first, mayBeSecret: true }
  const variants = shapes.map((shape): Variant => ({ key: keyOf(shape), shape }))
  // Two that can't be told apart by what is in them are written as JSON.
  if (new Set(variants.map(({ key }) => key)).size !== variants.length) return { is: "json" }
  const names = shapes.flatMap((shape) => (shape.is === "group" ? shape.members.map(({ name }) => name) : []))
  return { is: "union", variants, isFlat: new Set(names).size === names.length }
}

/** Where the fields of a variant are: where the value is, so that the API's errors find them, unless two share a name. */
export const variantPath = (union: Shape & { readonly is: "union" }, { key, shape }: Variant, path: string): string =>
  union.isFlat && shape.is === "group" ? path : `${path}.${key}`

/** `{ basic: … }` is called basic, a text "text". */
const keyOf = (shape: Shape): string =>
  shape.is === "group"
    ? ((shape.members.find(({ isRequired }) => isRequired) ?? shape.members[0])?.name ?? "group")
    : shape.is

/** Which variant a value has. */
export const variantOf = (variants: ReadonlyArray<Variant>, value: unknown): Variant | undefined =>
  variants.find(({ key, shape }) => {
    if (shape.is === "text") return typeof value === "string"
    if (shape.is === "number") return typeof value === "number"
    if (shape.is === "flag") return typeof value === "boolean"
    if (shape.is === "list") return Array.isArray(value)
    if (typeof value !== "object" || value === null) return false
    return shape.is === "secret" ? "secret" in value : key in value
  })

const number = (value: unknown): number | undefined => (typeof value === "number" ? value : undefined)

const isSchema = (value: unknown): value is JsonSchema => typeof value === "object" && value !== null

const without = (schema: JsonSchema, name: string): JsonSchema =>
  Object.fromEntries(Object.entries(schema).filter(([key]) => key !== name))
