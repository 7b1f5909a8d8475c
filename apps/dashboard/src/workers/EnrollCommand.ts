/**
 * The command that enrolls and runs a worker.
 */

/** For a POSIX shell. Both values are ours, and have nothing in them that a shell reads. */
export const enrollCommand = (token: { readonly token: string; readonly controlPlaneUrl: string }): string =>
  [
    `OPENSEER_CONTROL_PLANE_URL=${token.controlPlaneUrl} \\`,
    `OPENSEER_ENROLLMENT_TOKEN=${token.token} \\`,
    "npx openseer-worker run"
  ].join("\n")

/** Whether an address leads to the machine that it is used on. */
export const isLoopback = (url: string): boolean =>
  /^(localhost|.*\.localhost|127\.[\d.]+|\[::1\])$/.test(URL.parse(url)?.hostname ?? "")
