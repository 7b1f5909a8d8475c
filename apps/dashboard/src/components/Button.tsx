/**
 * Buttons, and links that look like them.
 */
import { A, type AnchorProps } from "@solidjs/router"
import { type ComponentProps, splitProps } from "solid-js"

/** `primary` once a view, `danger` for what destroys, `quiet` inside rows and headers. */
export type ButtonVariant = "primary" | "secondary" | "danger" | "quiet"

const shape =
  "inline-flex min-h-8 items-center justify-center gap-2 rounded-md px-3 font-medium whitespace-nowrap select-none " +
  "disabled:cursor-not-allowed disabled:opacity-60 aria-disabled:cursor-not-allowed aria-disabled:opacity-60"

const looks: Readonly<Record<ButtonVariant, string>> = {
  primary: "bg-accent-fill text-on-accent hover:brightness-110",
  secondary: "border border-line-strong/60 bg-surface text-text hover:bg-hover",
  danger: "border border-down/60 bg-surface text-down hover:bg-down-soft",
  quiet: "text-muted hover:bg-hover hover:text-text"
}

/** The classes of a button, for what is neither of the two below. */
export const buttonClass = (variant: ButtonVariant = "secondary", more = ""): string =>
  `${shape} ${looks[variant]} ${more}`

/** A button. Its type is `button`: one that submits says so. */
export function Button(props: ComponentProps<"button"> & { variant?: ButtonVariant }) {
  const [own, rest] = splitProps(props, ["variant", "class"])
  return <button type="button" {...rest} class={buttonClass(own.variant, own.class)} />
}

/** A link that looks like a button. */
export function ButtonLink(props: AnchorProps & { variant?: ButtonVariant }) {
  const [own, rest] = splitProps(props, ["variant", "class"])
  return <A {...rest} class={buttonClass(own.variant, own.class)} />
}
