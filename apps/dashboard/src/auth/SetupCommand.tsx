/**
 * How to get a new setup link.
 */
export function SetupCommand() {
  return (
    <p class="mt-5 border-t border-line pt-4 text-muted">
      A setup link works once, for a day. For a new one, run{" "}
      <code class="rounded bg-sunken px-1 py-0.5 font-mono whitespace-nowrap text-text">npx openseer setup-link</code>{" "}
      on the machine of the control plane.
    </p>
  )
}
