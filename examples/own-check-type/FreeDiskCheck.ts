/**
 * A check type of your own: is there enough room on a disk of the worker's machine?
 *
 * What a monitor says, and how lists show it. The control plane takes it to validate and store specs and to describe them
 * in its API; the worker takes it with its executor.
 */
import { CheckType } from "@openseer/core"
import { Schema } from "effect"

export const FreeDiskCheck = CheckType.make({
  kind: "free-disk",
  version: 1,
  title: "Free disk",
  description: "Room on a disk of the worker's machine.",
  spec: Schema.Struct({
    path: Schema.NonEmptyString,
    freeRatioMin: Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1 }))
  }),
  target: ({ path }) => path
})
