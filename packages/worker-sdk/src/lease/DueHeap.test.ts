import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { DueHeap } from "./DueHeap.ts"

describe("DueHeap", () => {
  it("gives items back in due order, whatever the order of pushes and pops", () => {
    fc.assert(
      fc.property(fc.array(fc.option(fc.integer({ min: 0, max: 50 }), { nil: undefined })), (steps) => {
        const heap = new DueHeap<{ readonly dueAt: number }>()
        let model: Array<number> = []
        for (const step of steps) {
          if (step === undefined) {
            const earliest = model.length === 0 ? undefined : Math.min(...model)
            assert.strictEqual(heap.peek()?.dueAt, earliest)
            assert.strictEqual(heap.pop()?.dueAt, earliest)
            model = earliest === undefined ? model : model.toSpliced(model.indexOf(earliest), 1)
          } else {
            heap.push({ dueAt: step })
            model.push(step)
          }
          assert.strictEqual(heap.size, model.length)
        }
        const rest: Array<number> = []
        for (let item = heap.pop(); item !== undefined; item = heap.pop()) rest.push(item.dueAt)
        assert.deepStrictEqual(
          rest,
          model.toSorted((a, b) => a - b)
        )
      })
    )
  })
})
