/**
 * The name with its sign.
 */

/** In the shell and above the card of the sign-in pages. */
export function Wordmark() {
  return (
    <span class="inline-flex items-center gap-2 text-base font-semibold">
      <svg width="20" height="20" viewBox="0 0 32 32" aria-hidden="true">
        <rect width="32" height="32" rx="7" class="fill-accent-fill" />
        <path
          d="M5 17h5l3-8 5 15 4-11 2 4h3"
          fill="none"
          class="stroke-on-accent"
          stroke-width="2.6"
          stroke-linecap="round"
          stroke-linejoin="round"
        />
      </svg>
      OpenSeer
    </span>
  )
}
