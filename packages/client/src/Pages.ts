/**
 * All items of a list that comes in pages.
 */
import type { CallOptions } from "./Client.ts"

/** One page: without `nextCursor` it is the last one. */
export interface Page<out A> {
  readonly items: ReadonlyArray<A>
  readonly nextCursor?: string
}

/**
 * Iterates over the items of all pages. A page is asked for when the one before is used up.
 *
 * @example
 * ```ts
 * import { createClient, paginate } from "@openseer/client"
 *
 * const { monitors } = createClient({ baseUrl: "http://127.0.0.1:8080", apiKey: "osk_…" })
 * for await (const { name, state } of paginate(monitors.list, { tag: "team:payments" })) console.log(name, state)
 * ```
 */
export const paginate = async function* <L extends List>(
  list: L,
  input: Omit<NonNullable<Parameters<L>[0]>, "cursor">,
  options?: CallOptions
): AsyncGenerator<Item<L>, void, undefined> {
  let from: { readonly cursor?: string } | undefined = {}
  while (from) {
    const { items, nextCursor } = (await list({ ...input, ...from } as never, options)) as Awaited<ReturnType<L>>
    yield* items as Iterable<Item<L>>
    from = nextCursor === undefined ? undefined : { cursor: nextCursor }
  }
}

type List = (input: never, options?: CallOptions) => Promise<Page<unknown>>

type Item<L extends List> = Awaited<ReturnType<L>>["items"][number]
