/**
 * What the rules need of a TypeScript file: its imports, its comments, and its text without them.
 */
import { isBuiltin } from "node:module"
import { posix } from "node:path"
import { parseSync } from "oxc-parser"

/** One import, re-export or dynamic import. */
export interface Import {
  /** What is imported: a path from the root for a relative import, `node:x` for a built-in, else as written. */
  readonly target: string
  readonly isRelative: boolean
  /** Erased by the compiler: it opens no socket and loads nothing. */
  readonly isTypeOnly: boolean
  /** From 1. */
  readonly line: number
}

/** A block or line comment, without its delimiters. */
export interface Comment {
  readonly text: string
  /** Line of its first character, from 1. */
  readonly line: number
}

/** A parsed file. */
export interface Module {
  readonly path: string
  readonly imports: ReadonlyArray<Import>
  readonly comments: ReadonlyArray<Comment>
  /** The text with comments blanked: same length, same lines. */
  readonly code: string
}

/** Parses one file. In the dashboard `~/` is its `src/`, and as good as a relative path. Syntax errors are not reported here: the compiler does. */
export const parse = (path: string, text: string): Module => {
  const { comments, module } = parseSync(path, text)
  const lineStarts = [0, ...[...text.matchAll(/\n/g)].map((match) => match.index + 1)]
  const lineOf = (position: number): number => lineStarts.findLastIndex((start) => start <= position) + 1
  const toImport = (written: string, isTypeOnly: boolean, position: number): Import => {
    const home = /^apps\/dashboard\//.exec(path)?.[0]
    const isAlias = home !== undefined && written.startsWith("~/")
    const isRelative = isAlias || written.startsWith(".")
    const relative = isAlias ? `${home}src/${written.slice(2)}` : posix.join(posix.dirname(path), written)
    const bare = isBuiltin(written) && !written.startsWith("node:") ? `node:${written}` : written
    return { target: isRelative ? relative : bare, isRelative, isTypeOnly, line: lineOf(position) }
  }
  const fromImports = module.staticImports.map(({ entries, moduleRequest, start }) =>
    toImport(moduleRequest.value, entries.length > 0 && entries.every((entry) => entry.isType), start)
  )
  const fromExports = module.staticExports.flatMap(({ entries, start }) => {
    const request = entries[0]?.moduleRequest
    return request
      ? [
          toImport(
            request.value,
            entries.every((entry) => entry.isType),
            start
          )
        ]
      : []
  })
  const dynamic = module.dynamicImports.flatMap(({ moduleRequest, start }) => {
    const literal = /^["'`](.*)["'`]$/.exec(text.slice(moduleRequest.start, moduleRequest.end))
    return literal?.[1] ? [toImport(literal[1], false, start)] : []
  })
  let code = text
  for (const { end, start } of comments) {
    code = code.slice(0, start) + code.slice(start, end).replace(/[^\n]/g, " ") + code.slice(end)
  }
  return {
    path,
    imports: [...fromImports, ...fromExports, ...dynamic],
    comments: comments.map(({ start, value }) => ({ text: value, line: lineOf(start) })),
    code
  }
}
