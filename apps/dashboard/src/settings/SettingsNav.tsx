/**
 * The places of the settings: what is one's own, and what is the organization's.
 */
import { A, useLocation } from "@solidjs/router"
import { createEffect, For } from "solid-js"

interface Place {
  readonly href: string
  readonly label: string
}

const groups: ReadonlyArray<{ readonly label: string; readonly places: ReadonlyArray<Place> }> = [
  {
    label: "You",
    places: [
      { href: "/settings", label: "Profile" },
      { href: "/settings/security", label: "Security" },
      { href: "/settings/appearance", label: "Appearance" }
    ]
  },
  {
    label: "Organization",
    places: [
      { href: "/settings/organization", label: "General" },
      { href: "/settings/members", label: "Members" },
      { href: "/settings/api-keys", label: "API keys" },
      { href: "/settings/audit-log", label: "Audit log" }
    ]
  }
]

/** A column at the side; a strip where there is no room for one. */
export function SettingsNav() {
  const location = useLocation()
  let nav!: HTMLElement
  // Where one is must be seen, also when the strip is longer than the screen.
  createEffect(() => {
    const place = nav.querySelector<HTMLElement>(`a[href="${CSS.escape(location.pathname)}"]`)
    if (place) nav.scrollLeft = place.offsetLeft - nav.clientWidth / 2 + place.clientWidth / 2
  })
  return (
    <nav
      ref={nav}
      aria-label="Settings"
      class="relative flex gap-1 overflow-x-auto border-b border-line lg:w-44 lg:shrink-0 lg:flex-col lg:gap-4 lg:overflow-visible lg:border-0"
    >
      <For each={groups}>
        {(group) => (
          <div class="flex shrink-0 gap-1 lg:flex-col lg:gap-0.5">
            <p class="hidden px-2 pb-0.5 font-semibold lg:block">{group.label}</p>
            <For each={group.places}>
              {({ href, label }) => (
                <A
                  href={href}
                  end
                  class="-mb-px inline-flex min-h-9 items-center border-b-2 px-2.5 font-medium whitespace-nowrap lg:mb-0 lg:min-h-8 lg:rounded-md lg:border-0 lg:px-2"
                  activeClass="border-accent text-text lg:bg-accent-soft lg:text-accent"
                  inactiveClass="border-transparent text-muted hover:text-text lg:hover:bg-hover"
                >
                  {label}
                </A>
              )}
            </For>
          </div>
        )}
      </For>
    </nav>
  )
}
