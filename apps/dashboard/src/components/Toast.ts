/**
 * Messages that come and go: what was done, and what failed outside of a form.
 */
import { createSignal } from "solid-js"

/** One message. Errors stay until they are closed. */
export interface Message {
  readonly id: number
  readonly kind: "done" | "error"
  readonly text: string
}

const shownMs = 5_000
const [messages, setMessages] = createSignal<ReadonlyArray<Message>>([])
let last = 0

/** The messages that are shown. */
export { messages }

/** Takes a message away. */
export const dismiss = (id: number): void => {
  setMessages((all) => all.filter((message) => message.id !== id))
}

const show = (kind: Message["kind"], text: string): void => {
  const id = ++last
  setMessages((all) => [...all.slice(-3), { id, kind, text }])
  if (kind === "done") setTimeout(() => dismiss(id), shownMs)
}

/** Shows a message. In the browser only: the server has nobody to show it to. */
export const toast = {
  done: (text: string): void => show("done", text),
  error: (text: string): void => show("error", text)
}
