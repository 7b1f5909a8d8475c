import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import * as WorkerRpc from "./WorkerRpc.ts"

describe("what a worker sends", () => {
  it("is refused where the database could not hold it, so that it fails no statement", () => {
    const lease = { jobId: 2_147_483_647, oneOff: false, leaseId: 1 }
    const submission = { ...lease, tickAt: 1_800_000_000_000, final: true, results: [] }
    const isLease = Schema.is(WorkerRpc.LeaseRef)
    const isSubmission = Schema.is(WorkerRpc.Submission)
    assert.isTrue(isLease(lease) && isSubmission(submission))
    for (const jobId of [0, -1, 1.5, 2_147_483_648]) assert.isFalse(isLease({ ...lease, jobId }), String(jobId))
    assert.isFalse(isLease({ ...lease, leaseId: 0 }))
    for (const tickAt of [-1, 253_402_300_800_000, 2 ** 53]) {
      assert.isFalse(isSubmission({ ...submission, tickAt }), String(tickAt))
    }
  })
})
