/** A PostgreSQL array literal of integers: the driver infers other types for empty and mixed arrays. */
export const literal = (numbers: ReadonlyArray<number>): string => `{${numbers.join(",")}}`
