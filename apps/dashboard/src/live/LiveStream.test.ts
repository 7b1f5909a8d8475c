import { afterEach, beforeEach, expect, it, vi } from "vitest"
import * as LiveStream from "./LiveStream.ts"

/** The browser's part: what the last one opened is told by `say`. */
class Source extends EventTarget {
  static readonly CLOSED = 2
  static opened: Array<Source> = []
  readyState = 1
  readonly url: string
  constructor(url: string) {
    super()
    this.url = url
    Source.opened.push(this)
  }
  close() {
    this.readyState = Source.CLOSED
  }
}

const last = () => Source.opened.at(-1)!
const say = (type: string, data: object, lastEventId = "") =>
  last().dispatchEvent(new MessageEvent(type, { data: JSON.stringify(data), lastEventId }))
const hello = (resumed: boolean) => say("hello", { serverVersion: "1", resumed }, "7.1.0")

let told: Array<string>
let stream: ReturnType<typeof LiveStream.open>

beforeEach(() => {
  vi.useFakeTimers()
  vi.stubGlobal("EventSource", Source)
  vi.stubGlobal("document", Object.assign(new EventTarget(), { hidden: false }))
  Source.opened = []
  told = []
  stream = LiveStream.open({
    onEvents: () => told.push("events"),
    onState: (state) => told.at(-1) !== state && told.push(state),
    onStart: () => told.push("start"),
    onGap: () => told.push("gap"),
    onRefused: () => told.push("refused")
  })
})
afterEach(() => {
  stream.close()
  vi.unstubAllGlobals()
  vi.useRealTimers()
})

it("starts once, and tells of no gap when it goes on where it was", () => {
  hello(false)
  stream.watch("mon_1")
  expect(last().url).toBe("/api/v1/events?after=7.1.0&monitor=mon_1")
  hello(true)
  expect(told).toEqual(["live", "start", "live"])
})

it("tells of a gap when it could not go on where it was", () => {
  hello(false)
  stream.watch("mon_1")
  hello(false)
  expect(told).toEqual(["live", "start", "live", "gap"])
})

it("tells of a gap after a silence that it ended itself", () => {
  hello(false)
  vi.advanceTimersByTime(35_000)
  expect([Source.opened.length, told]).toEqual([1, ["live", "start"]])
  vi.advanceTimersByTime(2_000)
  expect(Source.opened.length).toBe(2)
  hello(true)
  expect(told).toEqual(["live", "start", "reconnecting", "live", "gap"])
})
