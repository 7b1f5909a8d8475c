/**
 * A Chromium that is driven by its own protocol: enough to time pages, and no more.
 */
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"

/** One tab. */
export interface Tab {
  /** Runs this in every document, before its own scripts. */
  readonly inject: (source: string) => Promise<void>
  /** Goes there and waits for the load event. */
  readonly go: (url: string) => Promise<void>
  /** Turns the wheel over the middle of the page by so many pixels, downwards when positive. */
  readonly wheel: (pixels: number) => Promise<void>
  /** Presses a key of this name and code, like `PageDown` and 34. */
  readonly press: (key: string, code: number) => Promise<void>
  /** Milliseconds of a processor that the page's main thread has taken, which says more than a clock on a busy machine. */
  readonly cpuMs: () => Promise<number>
  /** The value of an expression; promises are awaited. */
  readonly evaluate: <A>(expression: string) => Promise<A>
}

/** A profile of its own: cookies, cache. */
export interface Profile {
  readonly tab: () => Promise<Tab>
  readonly close: () => Promise<void>
}

/** A running browser. */
export interface Chromium extends AsyncDisposable {
  /** A new profile with nothing in it but one cookie for `origin`. */
  readonly profile: (origin: string, cookie: { readonly name: string; readonly value: string }) => Promise<Profile>
}

type Message = Record<string, unknown> & { readonly id?: number; readonly method?: string; readonly sessionId?: string }

const args = [
  "--headless=new",
  "--no-sandbox",
  "--disable-gpu",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  // Several tabs are looked at at once: none is in the background.
  "--disable-backgrounding-occluded-windows",
  "--disable-renderer-backgrounding",
  "--disable-background-timer-throttling",
  "--window-size=1280,800",
  "--remote-debugging-port=0"
]

/** Starts the one at `path`. */
export const launch = async (path: string): Promise<Chromium> => {
  const folder = await mkdtemp(join(tmpdir(), "openseer-chromium-"))
  const child = spawn(path, [...args, `--user-data-dir=${folder}`, "about:blank"], {
    stdio: ["ignore", "ignore", "pipe"],
    detached: true
  })
  const { call, listen, socket } = await connect(await endpoint(child))
  const tab = async (browserContextId: string): Promise<Tab> => {
    const { targetId } = await call<{ targetId: string }>("Target.createTarget", {
      url: "about:blank",
      browserContextId,
      newWindow: true
    })
    const { sessionId } = await call<{ sessionId: string }>("Target.attachToTarget", { targetId, flatten: true })
    await call("Page.enable", {}, sessionId)
    await call("Performance.enable", { timeDomain: "threadTicks" }, sessionId)
    return {
      inject: async (source) => {
        await call("Page.addScriptToEvaluateOnNewDocument", { source }, sessionId)
      },
      go: async (url) => {
        const loaded = new Promise<void>((resolve) => {
          const stop = listen((message) => {
            if (message.sessionId !== sessionId || message.method !== "Page.loadEventFired") return
            stop()
            resolve()
          })
        })
        await call("Page.navigate", { url }, sessionId)
        await loaded
      },
      wheel: async (pixels) => {
        const wheel = { type: "mouseWheel", x: 640, y: 400, deltaX: 0, deltaY: pixels }
        await call("Input.dispatchMouseEvent", wheel, sessionId)
      },
      press: async (key, code) => {
        const pressed = { key, code: key, windowsVirtualKeyCode: code }
        await call("Input.dispatchKeyEvent", { type: "rawKeyDown", ...pressed }, sessionId)
        await call("Input.dispatchKeyEvent", { type: "keyUp", ...pressed }, sessionId)
      },
      cpuMs: async () => {
        const { metrics } = await call<{ metrics: ReadonlyArray<{ name: string; value: number }> }>(
          "Performance.getMetrics",
          {},
          sessionId
        )
        return 1_000 * metrics.find(({ name }) => name === "TaskDuration")!.value
      },
      evaluate: async <A>(expression: string) => {
        const { exceptionDetails, result } = await call<{ result: { value: A }; exceptionDetails?: unknown }>(
          "Runtime.evaluate",
          { expression, awaitPromise: true, returnByValue: true },
          sessionId
        )
        if (exceptionDetails !== undefined) throw new Error(JSON.stringify(exceptionDetails))
        return result.value
      }
    }
  }
  return {
    profile: async (url, cookie) => {
      const { browserContextId } = await call<{ browserContextId: string }>("Target.createBrowserContext", {})
      await call("Storage.setCookies", { browserContextId, cookies: [{ ...cookie, url, path: "/", secure: true }] })
      return {
        tab: () => tab(browserContextId),
        close: async () => {
          await call("Target.disposeBrowserContext", { browserContextId })
        }
      }
    },
    [Symbol.asyncDispose]: async () => {
      socket.close()
      if (child.exitCode === null) {
        process.kill(-child.pid!, "SIGKILL")
        await once(child, "exit")
      }
      await rm(folder, { recursive: true, force: true, maxRetries: 5 })
    }
  }
}

const endpoint = async (child: ChildProcess): Promise<string> => {
  let said = ""
  for await (const chunk of child.stderr!.iterator({ destroyOnReturn: false })) {
    said += String(chunk)
    const found = /DevTools listening on (ws:\S+)/.exec(said)
    if (found !== null) {
      child.stderr!.resume()
      return found[1]!
    }
  }
  throw new Error(`Chromium ended: ${said}`)
}

const connect = async (url: string) => {
  const socket = new WebSocket(url)
  await new Promise((resolve, reject) => {
    socket.addEventListener("open", resolve)
    socket.addEventListener("error", reject)
  })
  const listeners = new Set<(message: Message) => void>()
  let last = 0
  socket.addEventListener("message", ({ data }) => {
    const message = JSON.parse(String(data)) as Message
    for (const listener of listeners) listener(message)
  })
  const listen = (listener: (message: Message) => void) => {
    listeners.add(listener)
    return () => listeners.delete(listener)
  }
  const call = <A = unknown>(method: string, params: object, sessionId?: string): Promise<A> =>
    new Promise((resolve, reject) => {
      const id = ++last
      const stop = listen((message) => {
        if (message.id !== id) return
        stop()
        if (message["error"] === undefined) resolve(message["result"] as A)
        else reject(new Error(`${method}: ${JSON.stringify(message["error"])}`))
      })
      socket.send(JSON.stringify({ id, method, params, ...(sessionId === undefined ? {} : { sessionId }) }))
    })
  return { call, listen, socket }
}
