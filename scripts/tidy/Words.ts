/**
 * Words that may not stand in the text of certain files.
 */
import { type Finding, isTest, lineAt, type Rule } from "./Project.ts"

interface Ban {
  readonly words: RegExp
  readonly isFree: (path: string) => boolean
  /** Also in comments and in files that are no code. */
  readonly everywhere?: true
  readonly because: string
}

const bans: ReadonlyArray<Ban> = [
  {
    words: /\bprocess\.env\b|\bprocess\["env"\]|\benv\b[^{}]*\}\s*(=\s*process\b|from\s*"node:process")/g,
    isFree: (path) => isTest(path) || /[Cc]onfig\.ts$|^(scripts|bench|examples)\//.test(path),
    because: "the environment is read in *Config.ts only"
  },
  {
    words: /\b(it|test|describe|suite)\b(\.\w+)*\.(only|skip|todo|fails)\b/g,
    isFree: (path) => !/\.test\.tsx?$/.test(path) || path.startsWith("scripts/tidy/"),
    because: "a test that does not run proves nothing"
  },
  {
    words: /\b(TODO|FIXME|XXX)\b/g,
    isFree: (path) => path === "package-lock.json" || path.startsWith("scripts/tidy/Words."),
    everywhere: true,
    because: "unfinished work goes to the issue tracker"
  }
]

/** Each banned word at each place. */
export const rule: Rule = ({ files, modules }) => {
  const code = new Map(modules.map((module) => [module.path, module.code]))
  return bans.flatMap(({ because, everywhere, isFree, words }) =>
    [...(everywhere ? files : code)].flatMap(([path, text]): ReadonlyArray<Finding> =>
      isFree(path)
        ? []
        : [...text.matchAll(words)].map(({ 0: word, index }) => ({
            path,
            line: lineAt(text, index),
            message: `${word}: ${because}`
          }))
    )
  )
}
