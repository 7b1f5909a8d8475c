/**
 * What of a list is read when monitors have changed: some of them one by one, or the rows on the screen.
 */

/** What has changed since the list was read, and how it stands. */
export interface Changes {
  /** Monitors on the screen that changed, and those elsewhere. */
  readonly onScreen: number
  readonly elsewhere: number
  /** Monitors came or went. */
  readonly isListChanged: boolean
  /** Rows are sorted by state and may move. */
  readonly maySort: boolean
}

/** The most monitors that are read one by one; of more, the rows on the screen are read anew. */
export const singleMax = 8

/** Which. Sorted by state, whatever has changed may belong on the screen now, wherever it was. */
export const readingOf = ({ elsewhere, isListChanged, maySort, onScreen }: Changes): "rows" | "monitors" =>
  isListChanged || onScreen > singleMax || (maySort && onScreen + elsewhere > 0) ? "rows" : "monitors"
