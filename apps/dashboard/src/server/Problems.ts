/**
 * What the dashboard itself answers to a request that it can't pass on, as RFC 9457 problems.
 */

const problem = (status: number, name: string, title: string, headers: Record<string, string> = {}): Response =>
  Response.json(
    { type: `urn:openseer:problem:${name}`, title, status },
    { status, headers: { "content-type": "application/problem+json", "cache-control": "no-store", ...headers } }
  )

/** The control plane does not answer. */
export const away = (): Response =>
  problem(503, "service-unavailable", "The control plane can't be reached: try again in a moment", {
    "retry-after": "5"
  })

/** The control plane broke off, or answered something that is not HTTP. */
export const broken = (): Response => problem(502, "bad-gateway", "The control plane broke off its answer")

/** The request did not come from a page of ours. */
export const foreign = (): Response => problem(403, "forbidden", "This form was not sent from a page of this site")

/** There is nothing at that path. */
export const notFound = (): Response => problem(404, "not-found", "There is nothing here")

/** Pages are read, and take the forms that they have. */
export const notAllowed = (): Response =>
  problem(405, "method-not-allowed", "This path does not take that method", { allow: "GET, HEAD" })

/** More than any form of ours has. */
export const tooLarge = (): Response => problem(413, "payload-too-large", "That is too much for a form")

/** A form is sent as browsers send forms. */
export const notAForm = (): Response => problem(415, "unsupported-media-type", "Send a form")
