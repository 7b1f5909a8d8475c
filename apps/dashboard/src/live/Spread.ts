/**
 * When a page reads after an event. Hundreds of pages hear of it in the same millisecond: they must not all ask in the
 * same one.
 */

/** Half of `ms` to half as much again, another one each time. */
export const spread = (ms: number): number => ms * (0.5 + Math.random())
