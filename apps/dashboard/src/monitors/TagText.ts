/**
 * Tags as they are typed.
 */

/** Words between commas, each once. */
export const readTags = (text: string): ReadonlyArray<string> => [
  ...new Set(text.split(",").flatMap((tag) => tag.trim() || []))
]
