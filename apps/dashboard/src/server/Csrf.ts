/**
 * Whether a request that changes something was sent by a page of this very origin.
 */

/**
 * `Sec-Fetch-Site` decides where a browser sends it: it can't be forged by a page. Else `Origin` must name the host
 * that was asked, or the public one. A request with neither is refused.
 */
export const isOwn = (headers: Headers, publicHost?: string): boolean => {
  const site = headers.get("sec-fetch-site")
  if (site !== null) return site === "same-origin"
  const origin = URL.parse(headers.get("origin") ?? "")
  if (origin === null || !/^https?:$/.test(origin.protocol)) return false
  return origin.host === headers.get("host") || (publicHost !== undefined && origin.host === publicHost)
}
