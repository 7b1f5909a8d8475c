/**
 * A path that has no page.
 */
import { NotFound } from "~/components/NotFound.tsx"

export default function NotFoundPage() {
  return (
    <main>
      <NotFound />
    </main>
  )
}
