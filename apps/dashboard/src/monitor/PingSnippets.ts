/**
 * What a job runs to be heard: the ping URL as commands.
 */

/** A piece to copy. */
export interface Snippet {
  readonly title: string
  readonly text: string
}

/** For a shell, and a line for crontab; the latter with the monitor's own schedule where it is one of cron. */
export const snippets = (url: string, spec: unknown): ReadonlyArray<Snippet> => {
  const curl = (path: string) => `curl -fsS -m 10 --retry 3 -o /dev/null ${url}${path}`
  return [
    { title: "In a shell, when it went well", text: curl("") },
    {
      title: "In crontab, with start and exit code",
      text: `${cronOf(spec) ?? "0 3 * * *"} ${curl("/start")}; /path/to/job; ${curl("/$?")}`
    }
  ]
}

const cronOf = (spec: unknown): string | undefined => {
  const schedule = (spec as { readonly schedule?: { readonly cron?: unknown } } | null)?.schedule
  return typeof schedule?.cron === "string" ? schedule.cron : undefined
}
