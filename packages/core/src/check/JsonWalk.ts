/**
 * Evaluates a parsed JSONPath, counting every step.
 */
import type { Schema } from "effect"
import { jsonpath, type JSONPathQuery, TokenKind } from "json-p3"
import { jsonEqual } from "./JsonEqual.ts"
import * as Pattern from "./Pattern.ts"
import { TooExpensive, type Work } from "./Work.ts"

/** The most values that a query may find. */
export const foundMax = 10_000

const { expressions, selectors } = jsonpath

type Selector = JSONPathQuery["segments"][number]["selectors"][number]
type Value = Schema.Json
type Found = ReadonlyArray<Value>

/** RFC 9535's special result: there is no value. */
const nothing = Symbol("nothing")
type Operand = Value | typeof nothing

/**
 * What a query finds in a value, in the order of RFC 9535. `patterns` are the compiled ones of `match` and `search`.
 * Throws `TooExpensive`.
 */
export const find = (
  query: JSONPathQuery,
  root: Value,
  patterns: ReadonlyMap<string, Pattern.CompiledPattern>,
  work: Work
): Found => {
  const found = new Walk(root, patterns, work).query(query, root)
  if (found.length > foundMax) throw new TooExpensive()
  return found
}

class Walk {
  readonly #root: Value
  readonly #patterns: ReadonlyMap<string, Pattern.CompiledPattern>
  /** What queries from the root found: it is the same each time. */
  readonly #rooted = new Map<JSONPathQuery, Found>()
  readonly #spend: Work["spend"]

  constructor(root: Value, patterns: ReadonlyMap<string, Pattern.CompiledPattern>, work: Work) {
    this.#root = root
    this.#patterns = patterns
    this.#spend = work.spend
  }

  query({ segments }: JSONPathQuery, start: Value): Found {
    let found: Found = [start]
    for (const { selectors: chosen, token } of segments) {
      const next: Array<Value> = []
      for (const value of found) {
        if (token.kind === TokenKind.DDOT) this.#descend(value, chosen, next, 0)
        else for (const selector of chosen) this.#select(selector, value, next)
      }
      if (next.length === 0) return next
      found = next
    }
    return found
  }

  #descend(value: Value, chosen: ReadonlyArray<Selector>, next: Array<Value>, depth: number): void {
    this.#spend(1)
    if (depth > 100) throw new TooExpensive()
    if (typeof value !== "object" || value === null) return
    for (const selector of chosen) this.#select(selector, value, next)
    for (const child of this.#childrenOf(value)) this.#descend(child, chosen, next, depth + 1)
  }

  #childrenOf(value: Value): ReadonlyArray<Value> {
    if (typeof value !== "object" || value === null) return []
    if (Array.isArray(value)) return value
    const children = Object.values(value)
    this.#spend(children.length)
    return children
  }

  #select(selector: Selector, value: Value, next: Array<Value>): void {
    this.#spend(1)
    if (typeof value !== "object" || value === null) return
    if (selector instanceof selectors.NameSelector) {
      if (!Array.isArray(value) && Object.hasOwn(value, selector.name)) {
        next.push((value as { readonly [name: string]: Value })[selector.name]!)
      }
    } else if (selector instanceof selectors.IndexSelector) {
      if (Array.isArray(value)) {
        const item = (value as ReadonlyArray<Value>).at(selector.index)
        if (item !== undefined) next.push(item)
      }
    } else if (selector instanceof selectors.SliceSelector) {
      if (Array.isArray(value)) this.#slice(selector, value, next)
    } else if (selector instanceof selectors.WildcardSelector) {
      for (const child of this.#childrenOf(value)) {
        this.#spend(1)
        next.push(child)
      }
    } else if (selector instanceof selectors.FilterSelector) {
      for (const child of this.#childrenOf(value)) {
        this.#spend(1)
        if (this.#holds(selector.expression, child)) next.push(child)
      }
    } else throw new TooExpensive()
  }

  /** RFC 9535, section 2.3.4.2. */
  #slice(
    {
      start,
      step = 1,
      stop
    }: { readonly start?: number | undefined; readonly step?: number | undefined; readonly stop?: number | undefined },
    array: ReadonlyArray<Value>,
    next: Array<Value>
  ): void {
    if (step === 0) return
    const { length } = array
    const clamp = (index: number, low: number, high: number) =>
      Math.min(Math.max(index < 0 ? index + length : index, low), high)
    const isForward = step > 0
    const first = isForward ? clamp(start ?? 0, 0, length) : clamp(start ?? length - 1, -1, length - 1)
    const end =
      stop === undefined ? (isForward ? length : -1) : isForward ? clamp(stop, 0, length) : clamp(stop, -1, length - 1)
    for (let i = first; isForward ? i < end : i > end; i += step) {
      this.#spend(1)
      next.push(array[i]!)
    }
  }

  #holds(expression: unknown, current: Value): boolean {
    this.#spend(1)
    if (expression instanceof expressions.LogicalExpression) return this.#holds(expression.expression, current)
    if (expression instanceof expressions.PrefixExpression) return !this.#holds(expression.right, current)
    if (expression instanceof expressions.FilterQuery) return this.#nodes(expression, current).length > 0
    if (expression instanceof expressions.FunctionExtension) return this.#call(expression, current) === true
    if (!(expression instanceof expressions.InfixExpression)) throw new TooExpensive()
    const { left, operator, right } = expression
    if (operator === "&&") return this.#holds(left, current) && this.#holds(right, current)
    if (operator === "||") return this.#holds(left, current) || this.#holds(right, current)
    return this.#compare(this.#operand(left, current), operator, this.#operand(right, current))
  }

  #nodes(query: InstanceType<typeof expressions.FilterQuery>, current: Value): Found {
    if (query instanceof expressions.RelativeQuery) return this.query(query.path, current)
    let found = this.#rooted.get(query.path)
    if (found === undefined) {
      found = this.query(query.path, this.#root)
      this.#rooted.set(query.path, found)
    }
    return found
  }

  #operand(expression: unknown, current: Value): Operand {
    if (expression instanceof expressions.FilterQuery) {
      const [value = nothing, ...more] = this.#nodes(expression, current)
      return more.length > 0 ? nothing : value
    }
    if (expression instanceof expressions.FunctionExtension) return this.#call(expression, current)
    if (expression instanceof expressions.NullLiteral) return null
    if (
      expression instanceof expressions.BooleanLiteral ||
      expression instanceof expressions.StringLiteral ||
      expression instanceof expressions.NumberLiteral
    ) {
      return expression.value
    }
    throw new TooExpensive()
  }

  /** RFC 9535, section 2.4. */
  #call({ args, name }: InstanceType<typeof expressions.FunctionExtension>, current: Value): Operand {
    const [first, second] = args
    switch (name) {
      case "count":
        return this.#nodesOf(first, current).length
      case "value": {
        const found = this.#nodesOf(first, current)
        return found.length === 1 ? found[0]! : nothing
      }
      case "length": {
        const value = this.#operand(first, current)
        if (typeof value === "string") return this.#charactersOf(value)
        if (Array.isArray(value)) return value.length
        if (typeof value === "object" && value !== null) return this.#childrenOf(value).length
        return nothing
      }
      case "match":
      case "search": {
        const text = this.#operand(first, current)
        const source = this.#operand(second, current)
        const pattern = typeof source === "string" ? this.#patterns.get(source) : undefined
        if (typeof text !== "string" || pattern === undefined) return false
        const matched = name === "match" ? pattern.fits(text) : pattern.search(text)
        this.#spend(pattern.lastCost())
        if (matched === Pattern.tooExpensive) throw new TooExpensive()
        return matched
      }
      default:
        throw new TooExpensive()
    }
  }

  #nodesOf(expression: unknown, current: Value): Found {
    if (!(expression instanceof expressions.FilterQuery)) throw new TooExpensive()
    return this.#nodes(expression, current)
  }

  #charactersOf(text: string): number {
    this.#spend(text.length >> 2)
    let characters = 0
    for (const _ of text) characters++
    return characters
  }

  /** RFC 9535, section 2.3.5.2.2. */
  #compare(left: Operand, operator: string, right: Operand): boolean {
    switch (operator) {
      case "==":
        return this.#equal(left, right)
      case "!=":
        return !this.#equal(left, right)
      case "<":
        return this.#isLess(left, right)
      case ">":
        return this.#isLess(right, left)
      case "<=":
        return this.#isLess(left, right) || this.#equal(left, right)
      case ">=":
        return this.#isLess(right, left) || this.#equal(left, right)
      default:
        throw new TooExpensive()
    }
  }

  #equal(left: Operand, right: Operand): boolean {
    return left === nothing || right === nothing ? left === right : jsonEqual(left, right, this.#spend)
  }

  #isLess(left: Operand, right: Operand): boolean {
    if (typeof left === "number" && typeof right === "number") return left < right
    if (typeof left !== "string" || typeof right !== "string") return false
    this.#spend(Math.min(left.length, right.length) >> 6)
    return left < right
  }
}
