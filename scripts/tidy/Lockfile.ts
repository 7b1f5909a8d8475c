/**
 * The lockfile names no registry: `npm ci` takes packages from wherever its user's npm is configured to.
 */
import type { Rule } from "./Project.ts"

/** `resolved` fields with a host. Links to workspaces are paths and stay. */
export const rule: Rule = ({ files }) =>
  (files.get("package-lock.json") ?? "").split("\n").flatMap((text, index) =>
    /"resolved": "[^"]*:\/\//.test(text)
      ? [
          {
            path: "package-lock.json",
            line: index + 1,
            message: "names a registry host; run npm with --omit-lockfile-registry-resolved"
          }
        ]
      : []
  )
