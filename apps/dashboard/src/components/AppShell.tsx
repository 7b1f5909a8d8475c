/**
 * What stands around every page of the app: where one is, whose it is, and whether it is live.
 */
import Activity from "lucide-solid/icons/activity"
import ChevronsUpDown from "lucide-solid/icons/chevrons-up-down"
import CircleUser from "lucide-solid/icons/circle-user"
import LogOut from "lucide-solid/icons/log-out"
import Server from "lucide-solid/icons/server"
import Settings from "lucide-solid/icons/settings"
import { A, useLocation } from "@solidjs/router"
import { For, type JSX, Show } from "solid-js"
import { Dynamic } from "solid-js/web"
import { useAccount } from "~/components/AccountContext.tsx"
import { ApiForm } from "~/components/ApiForm.tsx"
import { Menu, menuItemClass } from "~/components/Menu.tsx"
import { Shortcuts } from "~/components/Shortcuts.tsx"
import { ThemeToggle } from "~/components/ThemeToggle.tsx"
import { Wordmark } from "~/components/Wordmark.tsx"
import { LivePill } from "~/live/LivePill.tsx"

const places: ReadonlyArray<{
  readonly href: string
  readonly label: string
  readonly icon: typeof Server
  readonly is: RegExp
}> = [
  { href: "/", label: "Monitors", icon: Activity, is: /^\/($|monitors)/ },
  { href: "/workers", label: "Workers", icon: Server, is: /^\/workers/ },
  { href: "/settings", label: "Settings", icon: Settings, is: /^\/settings/ }
]

/** A side bar; below 720 px a bar at the top and one at the bottom. */
export function AppShell(props: { children: JSX.Element }) {
  return (
    <div class="min-h-dvh md:grid md:grid-cols-[13rem_minmax(0,1fr)]">
      <a
        href="#content"
        class="sr-only focus:not-sr-only focus:fixed focus:top-2 focus:left-2 focus:z-50 focus:rounded focus:bg-surface focus:px-3 focus:py-2"
      >
        Skip to the content
      </a>
      <header class="sticky top-0 z-30 flex items-center gap-2 border-b border-line bg-surface px-3 py-1 md:h-dvh md:flex-col md:items-stretch md:gap-1 md:border-r md:border-b-0 md:p-3">
        <A href="/" class="flex min-h-9 items-center rounded-md px-2" aria-label="OpenSeer, to the monitors">
          <Wordmark />
        </A>
        <OrganizationMenu />
        <PlaceNav />
        <div class="ml-auto flex items-center gap-1 md:mt-auto md:ml-0 md:flex-col md:items-stretch">
          <div class="px-2">
            <LivePill />
          </div>
          <UserMenu />
        </div>
      </header>
      <main id="content" tabindex="-1" class="min-w-0 px-4 pt-4 pb-24 outline-none md:px-6 md:pt-5 md:pb-10">
        {props.children}
      </main>
      <Shortcuts />
    </div>
  )
}

function PlaceNav() {
  const location = useLocation()
  return (
    <nav
      aria-label="Main"
      class="fixed inset-x-0 bottom-0 z-30 flex border-t border-line bg-surface md:static md:mt-2 md:flex-col md:gap-0.5 md:border-0"
    >
      <For each={places}>
        {(place) => (
          <A
            href={place.href}
            aria-current={place.is.test(location.pathname) ? "page" : undefined}
            class="flex min-h-12 flex-1 flex-col items-center justify-center gap-0.5 rounded-md px-2 text-muted hover:bg-hover hover:text-text aria-[current=page]:text-accent md:min-h-9 md:flex-none md:flex-row md:justify-start md:gap-2.5 md:aria-[current=page]:bg-accent-soft md:aria-[current=page]:font-semibold"
          >
            <Dynamic component={place.icon} size={16} aria-hidden="true" />
            {place.label}
          </A>
        )}
      </For>
    </nav>
  )
}

function OrganizationMenu() {
  const { account } = useAccount()
  const current = () => account()?.organization
  const others = () => account()?.organizations.filter(({ id }) => id !== current()?.id) ?? []
  return (
    <Show
      when={others().length > 0}
      fallback={
        <span class="truncate px-2 text-muted" title={current()?.name}>
          {current()?.name}
        </span>
      }
    >
      <Menu
        label={`Organization: ${current()?.name ?? "none"}. Switch`}
        class="min-w-0"
        button={
          <>
            <span class="truncate">{current()?.name ?? "No organization"}</span>
            <ChevronsUpDown size={14} class="ml-auto shrink-0 text-muted" aria-hidden="true" />
          </>
        }
      >
        <For each={others()}>
          {(organization) => (
            <ApiForm name="switch-organization" key={organization.id} hidden={{ organizationId: organization.id }}>
              <button type="submit" class={menuItemClass}>
                <span class="truncate">{organization.name}</span>
                <span class="ml-auto text-muted">{organization.role}</span>
              </button>
            </ApiForm>
          )}
        </For>
      </Menu>
    </Show>
  )
}

function UserMenu() {
  const { account } = useAccount()
  return (
    <Menu
      label={`Account of ${account()?.name ?? "nobody"}`}
      place="top-full right-0 mt-1 md:top-auto md:right-auto md:bottom-full md:left-0 md:mb-1"
      button={
        <>
          <CircleUser size={16} class="shrink-0 text-muted" aria-hidden="true" />
          <span class="hidden min-w-0 truncate md:block">{account()?.name}</span>
          <ChevronsUpDown size={14} class="ml-auto hidden shrink-0 text-muted md:block" aria-hidden="true" />
        </>
      }
    >
      <div class="truncate px-2 py-1.5">
        <div class="truncate font-semibold">{account()?.name}</div>
        <div class="truncate text-muted">{account()?.email}</div>
        <Show when={account()?.organization}>
          {(organization) => (
            <div class="truncate text-muted">
              {organization().role} of {organization().name}
            </div>
          )}
        </Show>
      </div>
      <div class="px-1 py-1">
        <ThemeToggle />
      </div>
      <ApiForm name="sign-out">
        <button type="submit" class={menuItemClass}>
          <LogOut size={14} class="text-muted" aria-hidden="true" />
          Sign out
        </button>
      </ApiForm>
    </Menu>
  )
}
