/**
 * Who may import what: the invariants of the architecture that imports can show.
 */
import { type Finding, isTest, type Rule } from "./Project.ts"
import type { Import } from "./Module.ts"

/**
 * One boundary. A name stands for a package and its subpaths, or for a folder of ours; `node:` for every built-in.
 */
interface Boundary {
  /** The files it is about: path prefixes. */
  readonly within: ReadonlyArray<string>
  /** Files inside that are free of it: path prefixes. */
  readonly except?: ReadonlyArray<string>
  /** It binds tests, too. */
  readonly tests?: true
  /** Imports of types only are free of it. */
  readonly typesAreFree?: true
  /** Nothing but these and relative files may be imported. */
  readonly only?: ReadonlyArray<string>
  /** None of these may be imported. */
  readonly never?: ReadonlyArray<string>
  /** Their subpaths may. */
  readonly exactly?: true
  readonly because: string
}

const server = "packages/server/src"
const workerSdk = "packages/worker-sdk/src"
const stages = ["schedule", "lease", "ingest", "aggregate", "query"].map((stage) => `${server}/${stage}/`)
const sockets = ["node:net", "node:tls", "node:dgram", "node:http", "node:https", "node:http2"]

const boundaries: ReadonlyArray<Boundary> = [
  {
    within: ["packages/core/src/"],
    only: ["effect", "json-p3", "re2js"],
    because: "core is pure and runs in a browser: effect and small pure libraries only"
  },
  {
    within: ["packages/client/src/"],
    only: ["effect", "@openseer/core"],
    because: "the client runs in a browser: effect and core only"
  },
  {
    within: ["packages/server/src/"],
    tests: true,
    never: ["@openseer/worker-sdk", "@openseer/worker", "@openseer/client"],
    because: "the control plane shares only core with workers and clients"
  },
  {
    within: ["packages/worker-sdk/src/", "apps/worker/src/"],
    tests: true,
    never: ["@openseer/server", "@openseer/sql", "@openseer/client"],
    because: "workers know the control plane by the contract in core"
  },
  {
    within: ["apps/dashboard/"],
    tests: true,
    never: ["@openseer/server", "@openseer/sql", "@openseer/worker-sdk", "@openseer/client"],
    because: "the dashboard reaches data only through the public API"
  },
  {
    within: ["apps/dashboard/"],
    typesAreFree: true,
    never: ["@openseer/core", "effect"],
    because: "no Effect in the browser: the dashboard takes the types of the contract, and nothing that runs"
  },
  {
    within: ["apps/dashboard/"],
    tests: true,
    never: ["lucide-solid"],
    exactly: true,
    because: "icons are imported one by one, lucide-solid/icons/x: the barrel is 2,000 modules"
  },
  {
    within: ["apps/dashboard/"],
    except: ["apps/dashboard/src/app.tsx", "apps/dashboard/src/components/PageTitle.tsx"],
    never: ["@solidjs/meta"],
    because: "titles are a PageTitle: one that throws, outside of every boundary, has the server render for ever"
  },
  {
    within: ["packages/", "apps/"],
    except: [`${server}/db/`, `${server}/embedded/`],
    never: ["@effect/sql-pg"],
    because: "only db/ and embedded/ know the SQL driver, so that it can be replaced"
  },
  {
    within: ["packages/", "apps/worker/"],
    except: [
      `${server}/http/`,
      "packages/core/src/contract/",
      "packages/client/src/",
      `${workerSdk}/ControlPlane.ts`,
      "apps/worker/src/Telemetry.ts",
      "packages/server/src/cli/Telemetry.ts"
    ],
    never: ["effect/http", "effect/http-api"],
    because: "only the edges speak HTTP: http/, the contract, the client, the worker's control plane client, telemetry"
  },
  ...stages.map((stage) => ({
    within: [stage],
    never: stages.filter((other) => other !== stage),
    because: "stages never import each other, they meet in tables"
  })),
  {
    within: [`${workerSdk}/`, "apps/worker/"],
    except: [`${workerSdk}/egress/`],
    typesAreFree: true,
    never: [...sockets, "ws"],
    because: "egress/ alone opens sockets, behind the egress policy"
  },
  {
    within: [`${workerSdk}/`, "apps/worker/src/"],
    except: [`${workerSdk}/egress/Dial.ts`, `${workerSdk}/shard/`],
    typesAreFree: true,
    never: ["node:child_process"],
    because: "a program that dials by itself is started by egress/Dial.ts, behind the egress policy"
  },
  {
    within: [`${server}/`],
    except: [`${server}/http/`, `${server}/embedded/`],
    typesAreFree: true,
    never: ["node:http", "node:https", "node:http2"],
    because: "only http/ serves HTTP"
  },
  {
    within: [`${server}/`],
    except: [`${server}/embedded/`],
    typesAreFree: true,
    never: ["node:net", "node:tls", "node:dgram"],
    because: "the control plane opens no sockets of its own"
  },
  {
    within: [`${server}/`],
    except: [`${server}/accounts/OidcClient.ts`],
    never: ["arctic", "jose"],
    because: "accounts/OidcClient.ts alone speaks to identity providers: bounded, and to nobody else"
  }
]

const startsWithAny = (path: string, prefixes: ReadonlyArray<string>): boolean =>
  prefixes.some((prefix) => path.startsWith(prefix))

const isOneOf = (target: string, names: ReadonlyArray<string>): boolean =>
  names.some((name) => target === name || target.startsWith(/[/:]$/.test(name) ? name : `${name}/`))

const packageOf = (path: string): string | undefined => /^(packages|apps|examples)\/[^/]+\//.exec(path)?.[0]

const breaks = (boundary: Boundary, path: string, { isRelative, isTypeOnly, target }: Import): boolean => {
  if (!startsWithAny(path, boundary.within) || startsWithAny(path, boundary.except ?? [])) return false
  if (isTest(path) && !boundary.tests) return false
  if (isTypeOnly && boundary.typesAreFree) return false
  if (boundary.only) return !isRelative && !isOneOf(target, boundary.only)
  return boundary.exactly ? (boundary.never ?? []).includes(target) : isOneOf(target, boundary.never ?? [])
}

/** Imports that cross a boundary, and relative imports that leave their package. */
export const rule: Rule = ({ modules }) =>
  modules.flatMap(({ imports, path }) =>
    imports.flatMap((item): ReadonlyArray<Finding> => {
      const { line, target } = item
      const home = packageOf(path)
      const found = boundaries
        .filter((boundary) => breaks(boundary, path, item))
        .map(({ because }) => ({ path, line, message: `imports ${target}: ${because}` }))
      return item.isRelative && home && !target.startsWith(home)
        ? [...found, { path, line, message: `imports ${target}: another package is imported by its name` }]
        : found
    })
  )
