/**
 * Whether a request comes from our own pages. Browsers send cookies along whoever asks; what they say of the asking page
 * no script can change. A credential in `Authorization` is put there on purpose, so none of this is about it.
 */

/** What a request says of itself. Header names are in lower case. */
export interface RequestHead {
  readonly method: string
  readonly headers: { readonly [name: string]: string | undefined }
}

/** Whether a page of another origin asks: neither that of the public URL nor that of the `Host`. */
export const isForeign = ({ headers }: RequestHead, publicUrl: string): boolean => {
  const { origin } = headers
  return (
    origin !== undefined && headers["sec-fetch-site"] !== "same-origin" && !isOwn(origin, headers["host"], publicUrl)
  )
}

/**
 * Whether a cookie counts. Reading: unless a browser says that another site's page asks. Changing: only if the browser
 * says that one of our pages does.
 */
export const cookieCounts = (request: RequestHead, publicUrl: string): boolean => {
  if (isForeign(request, publicUrl)) return false
  const { headers, method } = request
  const site = headers["sec-fetch-site"]
  if (method === "GET" || method === "HEAD") return site === undefined || site === "none" || site === "same-origin"
  return site === "same-origin" || (site === undefined && headers["origin"] !== undefined)
}

/**
 * Whether a page of another site asks for something that it shows or reads itself, instead of leading there. By the
 * destination and not the mode: a proxy that is written with `fetch`, as the dashboard's is, says its own mode.
 */
export const isEmbedded = ({ headers }: RequestHead): boolean =>
  headers["sec-fetch-site"] === "cross-site" && headers["sec-fetch-dest"] !== "document"

/** Whether a change comes with a session's cookie from who does not say where it comes from, as every browser does. */
export const isUnproven = ({ headers }: RequestHead): boolean =>
  headers["sec-fetch-site"] === undefined &&
  headers["origin"] === undefined &&
  /(?:^|;\s*)(?:__Host-)?openseer=/.test(headers["cookie"] ?? "")

const isOwn = (origin: string, host: string | undefined, publicUrl: string): boolean =>
  URL.canParse(origin) && (new URL(origin).origin === new URL(publicUrl).origin || new URL(origin).host === host)
