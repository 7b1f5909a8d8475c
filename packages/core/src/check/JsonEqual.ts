/**
 * Equality of JSON values: objects whatever the order of their members, numbers by value, nothing coerced.
 */

/**
 * Whether two values are the same, each counted by `spend` before it is compared, with the length of texts. What is
 * deeper than any JSON that we read is unequal.
 */
export const jsonEqual = (left: unknown, right: unknown, spend: (units: number) => void, depth = 0): boolean => {
  spend(1)
  if (typeof left === "string" && typeof right === "string") {
    if (left.length !== right.length) return false
    spend(left.length >> 6)
    return left === right
  }
  if (left === right) return true
  if (typeof left !== "object" || typeof right !== "object" || left === null || right === null) return false
  if (depth >= 100 || Array.isArray(left) !== Array.isArray(right)) return false
  if (Array.isArray(left) && Array.isArray(right)) {
    return left.length === right.length && left.every((item, i) => jsonEqual(item, right[i], spend, depth + 1))
  }
  const names = Object.keys(left)
  const others = Object.keys(right)
  spend(names.length + others.length)
  return (
    names.length === others.length &&
    names.every(
      (name) => Object.hasOwn(right, name) && jsonEqual(member(left, name), member(right, name), spend, depth + 1)
    )
  )
}

/** A member of an object, whatever its name. */
const member = (object: object, name: string): unknown => (object as { readonly [name: string]: unknown })[name]
