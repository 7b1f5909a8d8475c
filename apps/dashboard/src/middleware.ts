/**
 * What happens to each request before a page is rendered: security headers, the API passed on, forms taken, and whoever
 * is not signed in led to the sign-in page.
 */
import { createMiddleware } from "@solidjs/start/middleware"
import { getRequestEvent } from "solid-js/web"
import { forms } from "~/forms/Registry.ts"
import * as ControlPlane from "~/server/ControlPlane.ts"
import { isOwn } from "~/server/Csrf.ts"
import { config } from "~/server/DashboardConfig.ts"
import { densityOf } from "~/server/Density.ts"
import { dispatch } from "~/server/FormDispatch.ts"
import * as Problems from "~/server/Problems.ts"
import { isProxied, proxy } from "~/server/Proxy.ts"
import * as SecurityHeaders from "~/server/SecurityHeaders.ts"
import { admit } from "~/server/SessionGuard.ts"
import { themeOf } from "~/server/Theme.ts"

const nonceBytes = 16

export default createMiddleware([
  async (_, next) => {
    const event = getRequestEvent()!
    const { locals, request, response } = event
    const url = new URL(request.url)
    if (isProxied(url.pathname)) return proxy(event)
    // There are no server functions: SolidStart would run one for a link from anywhere. A file that is there never gets here.
    if (/^\/(_server|_build|assets)(\/|$)/.test(url.pathname)) return Problems.notFound()

    locals.nonce = Buffer.from(crypto.getRandomValues(new Uint8Array(nonceBytes))).toString("base64")
    locals.theme = themeOf(request.headers.get("cookie"))
    locals.density = densityOf(request.headers.get("cookie"))
    locals.controlPlane = ControlPlane.make(event)
    response.headers.set("cache-control", "private, no-store")
    if (import.meta.env.PROD) {
      response.headers.set("content-security-policy", SecurityHeaders.pagePolicy(locals.nonce))
    }

    if (request.method !== "GET" && request.method !== "HEAD") {
      if (!isOwn(request.headers, config.publicUrl?.host)) return Problems.foreign()
      const dispatched = await dispatch(request, locals.controlPlane, forms)
      if ("response" in dispatched) return dispatched.response
      locals.posted = dispatched.posted
      response.status = dispatched.status
      for (const cookie of dispatched.cookies) response.headers.append("set-cookie", cookie)
    }

    const admission = await admit(url, locals.controlPlane)
    if (admission && "redirect" in admission) {
      return new Response(null, { status: 303, headers: { location: admission.redirect, "cache-control": "no-store" } })
    }
    if (admission) {
      locals.account = admission.account
      for (const cookie of admission.cookies) response.headers.append("set-cookie", cookie)
    }
    return next()
  }
])
