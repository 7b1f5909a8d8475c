/**
 * What is due next: a binary heap, so that ten thousand waiting runs cost one timer and no fiber.
 */

/** Anything with a due instant, in milliseconds of the monotonic clock (`performance.now`). */
export interface Due {
  readonly dueAt: number
}

/** A heap of items with the earliest due instant on top. Order among equal instants is not defined. */
export class DueHeap<A extends Due> {
  readonly #items: Array<A> = []

  /** How many items wait. */
  get size(): number {
    return this.#items.length
  }

  /** The earliest item, left where it is. */
  peek(): A | undefined {
    return this.#items[0]
  }

  /** Adds an item. */
  push(item: A): void {
    const items = this.#items
    let index = items.length
    while (index > 0) {
      const parentIndex = (index - 1) >> 1
      const parent = items[parentIndex]!
      if (parent.dueAt <= item.dueAt) break
      items[index] = parent
      index = parentIndex
    }
    items[index] = item
  }

  /** Takes the earliest item out. */
  pop(): A | undefined {
    const items = this.#items
    const top = items[0]
    const last = items.pop()
    if (top === undefined || last === undefined || items.length === 0) return top
    const half = items.length >> 1
    let index = 0
    while (index < half) {
      let childIndex = 2 * index + 1
      let child = items[childIndex]!
      const right = items[childIndex + 1]
      if (right !== undefined && right.dueAt < child.dueAt) {
        child = right
        childIndex++
      }
      if (child.dueAt >= last.dueAt) break
      items[index] = child
      index = childIndex
    }
    items[index] = last
    return top
  }
}
