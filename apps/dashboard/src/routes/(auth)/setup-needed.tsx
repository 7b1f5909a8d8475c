/**
 * What whoever opens an instance sees that nobody has claimed yet.
 */
import { Title } from "@solidjs/meta"

export default function SetupNeededPage() {
  return (
    <>
      <Title>Set up · OpenSeer</Title>
      <h1 class="mb-3 text-lg font-semibold">This instance is new</h1>
      <p>
        Nobody has claimed it yet. The control plane printed a <strong>setup link</strong> on its console when it
        started: open that link to become its owner.
      </p>
      <p class="mt-3 text-muted">
        Lost it? <code class="font-mono">npx openseer setup-link</code> on the machine of the control plane prints a new
        one.
      </p>
    </>
  )
}
