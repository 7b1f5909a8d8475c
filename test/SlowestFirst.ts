/** The order of test files: the slowest first, so that none is left alone at the end; then vitest's own order. */
import { BaseSequencer, type TestSpecification } from "vitest/node"

/** Files that take longest, the slowest first. */
const slowest = ["test/pack.test.ts", "test/secrets.test.ts", "packages/server/src/http/PingHttp.test.ts"]

const rank = ({ moduleId }: TestSpecification): number => {
  const index = slowest.findIndex((path) => moduleId.endsWith(path))
  return index === -1 ? slowest.length : index
}

/** The sequencer of `vitest.config.ts`. */
export class SlowestFirst extends BaseSequencer {
  override sort(files: Array<TestSpecification>): Promise<Array<TestSpecification>> {
    return super.sort(files).then((sorted) => sorted.toSorted((a, b) => rank(a) - rank(b)))
  }
}
