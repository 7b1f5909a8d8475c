/**
 * The layout of the pages on which somebody signs in: one card in the middle.
 */
import type { RouteSectionProps } from "@solidjs/router"
import { Wordmark } from "~/components/Wordmark.tsx"

export default function AuthLayout(props: RouteSectionProps) {
  return (
    <div class="flex min-h-dvh flex-col items-center gap-6 px-4 pt-10 pb-12 md:pt-[12vh]">
      <header>
        <Wordmark />
      </header>
      <main class="w-full max-w-[27rem] rounded-panel border border-line bg-surface p-6 shadow-raised">
        {props.children}
      </main>
    </div>
  )
}
