/**
 * Relative links in Markdown lead somewhere: to a file, a folder or a heading.
 */
import { posix } from "node:path"
import { type Finding, lineAt, type Project, type Rule } from "./Project.ts"

const patterns = [/\]\(<?([^)\s>]+)>?[^)]*\)/g, /^\[[^\]]+\]:\s+(\S+)/gm, /\b(?:href|src)="([^"]+)"/g]

/** Links that lead nowhere. */
export const rule: Rule = (project) =>
  [...project.files]
    .filter(([path]) => path.endsWith(".md"))
    .flatMap(([path, text]) => {
      const prose = withoutCode(text)
      return patterns.flatMap((pattern) =>
        [...prose.matchAll(pattern)].flatMap(({ 1: link = "", index }): ReadonlyArray<Finding> =>
          /^[a-z]+:|^\/\//i.test(link) || leadsSomewhere(project, path, link)
            ? []
            : [{ path, line: lineAt(text, index), message: `${link} leads nowhere` }]
        )
      )
    })

/** Blanks fenced and inline code, keeps positions. */
const withoutCode = (text: string): string =>
  text.replace(/^ *(```+)[^\n]*\n[\s\S]*?^ *\1|`[^`\n]+`/gm, (code) => code.replace(/[^\n]/g, " "))

const leadsSomewhere = ({ files }: Project, from: string, link: string): boolean => {
  const [file = "", anchor] = decodeURI(link).split("#")
  const path = file === "" ? from : posix.join(posix.dirname(from), file).replace(/\/$/, "")
  const isFolder = path === "." || [...files.keys()].some((known) => known.startsWith(`${path}/`))
  if (!files.has(path)) return isFolder && anchor === undefined
  if (anchor === undefined || !path.endsWith(".md")) return true
  return headings(files.get(path) ?? "").includes(anchor)
}

/** The anchors that GitHub gives to the headings of a document. */
const headings = (text: string): ReadonlyArray<string> =>
  [...text.matchAll(/^#{1,6} +(.+)$/gm)].map(({ 1: title = "" }) =>
    title
      .trim()
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, "")
      .replace(/\s/g, "-")
  )
