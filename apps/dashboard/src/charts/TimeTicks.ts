/**
 * Labels of an axis of time: as much as the distance of two ticks needs.
 */

const hourMs = 3_600_000
const dayMs = 24 * hourMs

const second = new Intl.DateTimeFormat("en", {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hourCycle: "h23"
})
const minute = new Intl.DateTimeFormat("en", { hour: "2-digit", minute: "2-digit", hourCycle: "h23" })
const day = new Intl.DateTimeFormat("en", { month: "short", day: "numeric" })

/** Labels of ticks that are `distanceMs` apart; at the first tick of a day its date stands instead of 00:00. */
export const tickLabels = (ticks: ReadonlyArray<number>, distanceMs: number): Array<string> =>
  ticks.map((at) => {
    if (distanceMs >= dayMs) return day.format(at)
    const date = new Date(at)
    if (date.getHours() === 0 && date.getMinutes() === 0 && date.getSeconds() === 0) return day.format(at)
    return (distanceMs < 60_000 ? second : minute).format(at)
  })

/** One bucket in the reader's time: "Nov 25, 14:05 – 14:10"; of days the date alone. */
export const bucketWords = (from: number, stepMs: number): string => {
  if (stepMs >= dayMs) return stepMs === dayMs ? day.format(from) : `${day.format(from)} – ${day.format(from + stepMs)}`
  const time = stepMs < 60_000 ? second : minute
  return `${day.format(from)}, ${time.format(from)} – ${time.format(from + stepMs)}`
}

/** What the values of a legend are of: the bucket under the pointer, or the whole window. */
export const hoverWords = (
  { stepMs, t0 }: { readonly t0: number; readonly stepMs: number },
  index: number | undefined,
  window: string
): string => (index === undefined ? window : bucketWords(t0 + index * stepMs, stepMs))
