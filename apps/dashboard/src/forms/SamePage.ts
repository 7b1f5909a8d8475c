/**
 * Back to the page that a form was posted to.
 */

/** Its path, with its filters and without a question that was answered. */
export const samePage = (page: URL): string => {
  if (!page.searchParams.has("confirm")) return page.pathname + page.search
  const search = new URLSearchParams(page.search)
  search.delete("confirm")
  return search.size === 0 ? page.pathname : `${page.pathname}?${search}`
}
