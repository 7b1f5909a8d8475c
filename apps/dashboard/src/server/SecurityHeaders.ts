/**
 * The headers that every answer of the dashboard has, whatever it is.
 */

/** On pages, files, problems and all else. */
export const everywhere: Readonly<Record<string, string>> = {
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  // Not `no-referrer`: a form's own page is found by it, and some browsers then send `Origin: null`.
  "referrer-policy": "same-origin",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "permissions-policy": "camera=(), geolocation=(), microphone=()"
}

/** Where browsers come by https. */
export const transportSecurity = "max-age=31536000; includeSubDomains"

/** For what is no page and shows nothing. */
export const closedPolicy = "default-src 'none'; frame-ancestors 'none'"

/** What a page may load: its own styles and files, and the scripts that bear its nonce with what those import. */
export const pagePolicy = (nonce: string): string =>
  [
    "default-src 'none'",
    `script-src 'nonce-${nonce}' 'strict-dynamic'`,
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "object-src 'none'"
  ].join("; ")
