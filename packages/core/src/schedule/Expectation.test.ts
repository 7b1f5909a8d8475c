import { assert, describe, it } from "@effect/vitest"
import fc from "fast-check"
import type { HeartbeatSpec } from "../check/HeartbeatCheck.ts"
import * as Expectation from "./Expectation.ts"

const minute = 60_000
/** 2026-01-01T00:00:00Z, and so many minutes after it. */
const at = (minutes: number): number => Date.UTC(2026, 0, 1) + minutes * minute

const period: Expectation.Rule = {
  spec: { schedule: { periodMs: 60 * minute }, graceMs: 10 * minute },
  intervalMs: 60 * minute
}
const cron: Expectation.Rule = {
  spec: { schedule: { cron: "0 * * * *", timeZone: "UTC" }, graceMs: 10 * minute },
  intervalMs: 60 * minute
}
const withRun = (rule: Expectation.Rule, minutes: number): Expectation.Rule => ({
  ...rule,
  spec: { ...rule.spec, runMsMax: minutes * minute }
})

type Event = readonly [minutes: number, said: Expectation.Signal | "time"]

/** What ends, as `minutes outcome(lateness)`, of signals and of time until the last event. */
const ended = (
  rule: Expectation.Rule,
  events: ReadonlyArray<Event>,
  absences: ReadonlyArray<readonly [from: number, to: number]> = []
): ReadonlyArray<string> => {
  let state = Expectation.waiting
  const told: Array<readonly [number, string]> = []
  for (const [minutes, said] of events) {
    const known = absences.flatMap(([from, to]) =>
      from > minutes ? [] : [{ from: at(from), to: at(Math.min(to, minutes)) }]
    )
    let step: Expectation.Step
    do {
      step =
        said === "time"
          ? Expectation.elapse(rule, state, known, at(minutes))
          : Expectation.signal(rule, state, known, at(minutes), said)
      state = step.state
      const since = (instant: number) => Math.round(((instant - at(0)) / minute) * 100) / 100
      for (const r of step.results) {
        const word = r.reason === undefined ? r.outcome : r.reason.replace("heartbeat_", "")
        const run = r.runMs === undefined ? "" : ` run ${r.runMs / minute}`
        told.push([r.at, `${since(r.at)} ${word}${r.latenessMs === 0 ? "" : ` +${r.latenessMs / minute}`}${run}`])
      }
      for (const instant of step.unheard) told.push([instant, `${since(instant)} unheard`])
    } while (step.more)
  }
  return told.toSorted(([a], [b]) => a - b).map(([, text]) => text)
}

type Row = readonly [
  what: string,
  rule: Expectation.Rule,
  events: ReadonlyArray<Event>,
  expected: ReadonlyArray<string>,
  absences?: ReadonlyArray<readonly [number, number]>
]

const table: ReadonlyArray<Row> = [
  ["nothing is expected before the first signal", period, [[9_999, "time"]], []],
  ["the first success is up", period, [[5, "success"]], ["5 up"]],
  [
    "the first start is no result",
    period,
    [
      [5, "start"],
      [10, "time"]
    ],
    []
  ],
  ["the first fail is down", cron, [[5, "fail"]], ["5 failed"]],

  [
    "period: on time",
    period,
    [
      [0, "success"],
      [60, "success"]
    ],
    ["0 up", "60 up"]
  ],
  [
    "period: late in grace is up with its lateness",
    period,
    [
      [0, "success"],
      [67, "success"]
    ],
    ["0 up", "60 up +7"]
  ],
  [
    "period: early ends the instant when it comes",
    period,
    [
      [0, "success"],
      [50, "success"]
    ],
    ["0 up", "50 up"]
  ],
  [
    "period: from the last signal on, not from a grid",
    period,
    [
      [0, "success"],
      [50, "success"],
      [119, "time"],
      [120.5, "time"]
    ],
    ["0 up", "50 up", "110 missed +10"]
  ],
  [
    "period: a repeated success moves the expectation and is no result",
    period,
    [
      [0, "success"],
      [20, "success"],
      [89, "time"],
      [91, "time"]
    ],
    ["0 up", "80 missed +10"]
  ],
  [
    "period: nothing by the end of the grace is missed",
    period,
    [
      [0, "success"],
      [69, "time"]
    ],
    ["0 up"]
  ],
  [
    "period: missed once for each period",
    period,
    [
      [0, "success"],
      [190, "time"]
    ],
    ["0 up", "60 missed +10", "120 missed +10", "180 missed +10"]
  ],
  [
    "period: a success after a miss is up at once",
    period,
    [
      [0, "success"],
      [71, "time"],
      [75, "success"],
      [134, "success"]
    ],
    ["0 up", "60 missed +10", "75 up", "134 up"]
  ],
  [
    "period: what time ended does not depend on anybody having looked",
    period,
    [
      [0, "success"],
      [75, "success"]
    ],
    ["0 up", "60 missed +10", "75 up"]
  ],
  [
    "period: a fail is down at once",
    period,
    [
      [0, "success"],
      [1, "fail"]
    ],
    ["0 up", "1 failed"]
  ],
  [
    "period: a success after it is up at once",
    period,
    [
      [0, "fail"],
      [1, "success"]
    ],
    ["0 failed", "1 up"]
  ],
  [
    "period: repeated fails are one result in half a period",
    period,
    [
      [0, "fail"],
      [29, "fail"],
      [31, "fail"]
    ],
    ["0 failed", "31 failed"]
  ],
  [
    "period: a fail is a signal, so the next is expected a period later",
    period,
    [
      [0, "fail"],
      [71, "time"]
    ],
    ["0 failed", "60 missed +10"]
  ],

  [
    "cron: on time and late",
    cron,
    [
      [0, "success"],
      [60, "success"],
      [125, "success"]
    ],
    ["0 up", "60 up", "120 up +5"]
  ],
  [
    "cron: instants are fixed, whatever comes in between",
    cron,
    [
      [5, "success"],
      [30, "success"],
      [71, "time"]
    ],
    ["5 up", "60 missed +10"]
  ],
  [
    "cron: a success of a clock that is fast counts",
    cron,
    [
      [5, "success"],
      [59.5, "success"],
      [71, "time"]
    ],
    ["5 up", "59.5 up"]
  ],
  [
    "cron: one in the middle of nowhere does not",
    cron,
    [
      [5, "success"],
      [45, "success"],
      [71, "time"]
    ],
    ["5 up", "60 missed +10"]
  ],
  [
    "cron: a late success after a miss is up at once",
    cron,
    [
      [5, "success"],
      [75, "success"],
      [131, "time"]
    ],
    ["5 up", "60 missed +10", "75 up", "120 missed +10"]
  ],
  [
    "cron: a fail between instants is down at once, the instant stays expected",
    cron,
    [
      [5, "success"],
      [30, "fail"],
      [31, "fail"],
      [60, "success"]
    ],
    ["5 up", "30 failed", "60 up"]
  ],
  [
    "cron: repeated successes change nothing",
    cron,
    [
      [0, "success"],
      [61, "success"],
      [62, "success"]
    ],
    ["0 up", "60 up +1"]
  ],

  [
    "a run carries its duration",
    cron,
    [
      [5, "success"],
      [60, "start"],
      [67, "success"]
    ],
    ["5 up", "60 up +7 run 7"]
  ],
  [
    "a failed run as well",
    cron,
    [
      [5, "success"],
      [60, "start"],
      [67, "fail"]
    ],
    ["5 up", "60 failed +7 run 7"]
  ],
  [
    "a run may take the grace when nothing else is said",
    period,
    [
      [0, "success"],
      [65, "start"],
      [74, "success"]
    ],
    ["0 up", "60 up +14 run 9"]
  ],
  [
    "a run that takes longer overran",
    period,
    [
      [0, "success"],
      [65, "start"],
      [76, "time"]
    ],
    ["0 up", "60 overran +15"]
  ],
  [
    "a run may take longer than the grace when that is said",
    withRun(cron, 30),
    [
      [5, "success"],
      [62, "start"],
      [90, "time"],
      [91, "success"]
    ],
    ["5 up", "60 up +31 run 29"]
  ],
  [
    "a long run ends the instants that came meanwhile",
    withRun(cron, 200),
    [
      [5, "success"],
      [60, "start"],
      [200, "success"]
    ],
    ["5 up", "60 up +140 run 140", "120 up +80 run 140", "180 up +20 run 140"]
  ],
  [
    "a second start while a run goes on changes nothing: limit and duration are the first one's",
    period,
    [
      [0, "success"],
      [60, "start"],
      [68, "start"],
      [69, "success"]
    ],
    ["0 up", "60 up +9 run 9"]
  ],
  [
    "a job that starts again and again and never ends is down, though each start is within the limit of the one before",
    withRun(period, 90),
    [
      [0, "success"],
      [60, "start"],
      [120, "start"],
      [180, "start"],
      [240, "start"],
      [271, "time"]
    ],
    ["0 up", "60 overran +90", "120 missed +10", "180 overran +90", "240 missed +10"]
  ],
  [
    "cron: a run by hand that overran is down, and the instant stays expected",
    cron,
    [
      [5, "success"],
      [20, "start"],
      [40, "time"],
      [71, "time"]
    ],
    ["5 up", "30 overran", "60 missed +10"]
  ],
  [
    "period: a run by hand that overran is down, and the next is a period later",
    period,
    [
      [0, "success"],
      [20, "start"],
      [40, "time"],
      [101, "time"]
    ],
    ["0 up", "30 overran", "90 missed +10"]
  ],

  [
    "absence: what could not arrive is unheard after a new grace",
    period,
    [
      [0, "success"],
      [74, "time"],
      [75.5, "time"]
    ],
    ["0 up", "60 unheard"],
    [[58, 65]]
  ],
  [
    "absence: what comes within the new grace is up",
    period,
    [
      [0, "success"],
      [74, "success"]
    ],
    ["0 up", "60 up +14"],
    [[58, 65]]
  ],
  [
    "absence: one that is over long before does not matter",
    period,
    [
      [0, "success"],
      [71, "time"]
    ],
    ["0 up", "60 missed +10"],
    [[10, 49]]
  ],
  [
    "absence: one within the grace before it does",
    period,
    [
      [0, "success"],
      [70.5, "time"]
    ],
    ["0 up", "60 unheard"],
    [[52, 55]]
  ],
  [
    "absence: one within the new grace does not prolong it, however often we are away",
    period,
    [
      [0, "success"],
      [74.5, "time"],
      [80.5, "time"]
    ],
    ["0 up", "60 unheard"],
    [
      [58, 65],
      [72, 80],
      [86, 94]
    ]
  ],
  [
    "absence: while it lasts nothing ends",
    period,
    [
      [0, "success"],
      [500, "time"]
    ],
    ["0 up"],
    [[58, 1_000]]
  ],
  [
    "absence: of hours, each instant of it is unheard, and the last is for who comes back in time",
    cron,
    [
      [5, "success"],
      [245, "success"]
    ],
    ["5 up", "60 unheard", "120 unheard", "180 unheard", "240 up +5"],
    [[50, 242]]
  ],
  [
    "absence: of hours, all are unheard when nobody comes back",
    period,
    [
      [0, "success"],
      [253, "time"],
      [311, "time"]
    ],
    ["0 up", "60 unheard", "120 unheard", "180 unheard", "240 unheard", "300 missed +10"],
    [[50, 242]]
  ],
  [
    "absence: the end of a run that could not arrive is unheard",
    withRun(cron, 30),
    [
      [5, "success"],
      [60, "start"],
      [96, "time"]
    ],
    ["5 up", "60 unheard"],
    [[80, 85]]
  ],
  [
    "absence: a success after what is unheard is up at once",
    cron,
    [
      [5, "success"],
      [76, "time"],
      [80, "success"]
    ],
    ["5 up", "60 unheard", "80 up"],
    [[58, 65]]
  ]
]

describe("what a heartbeat expects", () => {
  it.each(table.map(([what, rule, list, expected, absences = []]) => ({ what, rule, list, expected, absences })))(
    "$what",
    ({ absences, expected, list, rule }) => {
      assert.deepStrictEqual(ended(rule, list, absences), expected)
    }
  )

  it("catches up with a month of absence in bounded steps, and says that there is more", () => {
    const everyMinute: Expectation.Rule = {
      spec: { schedule: { cron: "* * * * *", timeZone: "UTC" }, graceMs: minute },
      intervalMs: minute
    }
    let { state } = Expectation.signal(everyMinute, Expectation.waiting, [], at(0), "success")
    const absences = [{ from: at(1), to: at(500) }]
    let unheard = 0
    let steps = 0
    let step: Expectation.Step
    do {
      step = Expectation.elapse(everyMinute, state, absences, at(502))
      assert.isAtMost(step.unheard.length, 101)
      unheard += step.unheard.length
      state = step.state
      steps++
    } while (step.more)
    assert.isAtLeast(steps, 5)
    assert.isAtLeast(unheard, 500)
  })
})

const rules = fc.record({
  isCron: fc.boolean(),
  everyMinutes: fc.constantFrom(1, 5, 30),
  graceMs: fc.integer({ min: 1_000, max: 20 * minute }),
  runMsMax: fc.option(fc.integer({ min: 1_000, max: 20 * minute }), { nil: undefined })
})

type Drawn = typeof rules extends fc.Arbitrary<infer A> ? A : never

const toRule = ({ everyMinutes, graceMs, isCron, runMsMax }: Drawn): Expectation.Rule => {
  const spec: HeartbeatSpec = {
    schedule: isCron ? { cron: `*/${everyMinutes} * * * *`, timeZone: "UTC" } : { periodMs: everyMinutes * minute },
    graceMs,
    ...(runMsMax === undefined ? {} : { runMsMax })
  }
  return { spec, intervalMs: everyMinutes * minute }
}

const events = fc.array(
  fc.record({
    afterMs: fc.oneof(fc.integer({ min: 1, max: 5_000 }), fc.integer({ min: 1, max: 40 * minute })),
    what: fc.constantFrom("start", "success", "success", "success", "fail", "time", "absence" as const)
  }),
  { maxLength: 40 }
)

describe("whatever comes in whatever order", () => {
  it("each instant ends once, in order, nothing is in the future, and who looks when changes nothing", () => {
    fc.assert(
      fc.property(rules, events, fc.array(fc.boolean(), { minLength: 40, maxLength: 40 }), (drawn, list, looks) => {
        const rule = toRule(drawn)
        const play = (isLooking: (index: number) => boolean) => {
          let state = Expectation.waiting
          let now = at(0)
          const absences: Array<Expectation.Absence> = []
          const told: Array<{ readonly at: number; readonly what: string }> = []
          const take = (step: Expectation.Step) => {
            state = step.state
            told.push(...step.results.map((r) => ({ at: r.at, what: `${r.outcome} ${r.latenessMs}` })))
            told.push(...step.unheard.map((instant) => ({ at: instant, what: "unheard" })))
            return step.more
          }
          const all = (next: () => Expectation.Step) => {
            while (take(next()));
          }
          list.forEach(({ afterMs, what }, index) => {
            const from = now
            now += afterMs
            if (what === "absence") {
              absences.push({ from: from + 1, to: now })
              return
            }
            if (isLooking(index)) all(() => Expectation.elapse(rule, state, absences, now))
            if (what === "time") return
            now++
            all(() => Expectation.signal(rule, state, absences, now, what))
          })
          now += 3 * 3_600_000
          all(() => Expectation.elapse(rule, state, absences, now))
          for (const { at: instant } of told) assert.isAtMost(instant, now)
          assert.strictEqual(new Set(told.map((t) => t.at)).size, told.length)
          if (state.dueAt !== undefined) assert.isAbove(state.dueAt + rule.spec.graceMs, now - 24 * 3_600_000)
          return told.toSorted((a, b) => a.at - b.at)
        }
        assert.deepStrictEqual(
          play((index) => looks[index] ?? false),
          play(() => false)
        )
      }),
      { numRuns: 60 }
    )
  })

  it("instants of a cron expression are each a result or unheard, once", () => {
    fc.assert(
      fc.property(rules, events, (drawn, list) => {
        const rule = toRule({ ...drawn, isCron: true })
        let { state } = Expectation.signal(rule, Expectation.waiting, [], at(0), "success")
        let now = at(0)
        const absences: Array<Expectation.Absence> = []
        const seen: Array<number> = []
        for (const { afterMs, what } of list) {
          const from = now
          now += afterMs
          if (what === "absence") absences.push({ from: from + 1, to: now })
          let step: Expectation.Step
          do {
            step =
              what === "absence" || what === "time"
                ? Expectation.elapse(rule, state, absences, now)
                : Expectation.signal(rule, state, absences, now, what)
            state = step.state
            seen.push(...step.results.map((r) => r.at), ...step.unheard)
          } while (step.more)
        }
        // Those that ended early ended up to a minute before; everything else at its own instant.
        for (let instant = Expectation.following(rule.spec.schedule, at(0)); instant < state.dueAt!;) {
          const early = Math.min(Expectation.earlyMsMax, rule.intervalMs / 2)
          assert.isAtLeast(seen.filter((s) => s <= instant && s >= instant - early).length, 1, String(instant))
          assert.isAtMost(seen.filter((s) => s === instant).length, 1)
          instant = Expectation.following(rule.spec.schedule, instant)
        }
      }),
      { numRuns: 60 }
    )
  })
})
