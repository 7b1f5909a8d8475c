/**
 * Passwords: hashed with argon2id (OWASP ASVS 5.0, 11.4.2), stored as PHC strings, and refused when they are bad ones.
 */
import { AuthApi, Problem } from "@openseer/core"
import { Context, Effect, Layer, Option, Semaphore } from "effect"
import { argon2, type Argon2Parameters, randomBytes, timingSafeEqual } from "node:crypto"
import { isCommon } from "./CommonPasswords.ts"

/** How many hashes are computed at once: each takes 19 MiB and a thread that name look-ups need, too. */
export const hashesAtOnce = 2

/** How many may wait for their turn, about 40 ms each; one more is told to come again. */
export const hashesWaitingMax = 50

/** Hashes and compares passwords. Fails with `ServiceUnavailable` when too many want that at once. */
export class Passwords extends Context.Service<
  Passwords,
  {
    /** The PHC string to store. */
    readonly hash: (password: string) => Effect.Effect<string, Problem.ServiceUnavailable>
    /** Whether it is the password of the stored string. Without one it takes the same time, and it is not. */
    readonly verify: (
      password: string,
      stored: string | null | undefined
    ) => Effect.Effect<boolean, Problem.ServiceUnavailable>
  }
>()("@openseer/server/Passwords") {
  static readonly layer: Layer.Layer<Passwords> = Layer.effect(
    Passwords,
    Effect.gen(function* () {
      const turns = yield* Semaphore.make(hashesAtOnce)
      const places = yield* Semaphore.make(hashesAtOnce + hashesWaitingMax)
      // Who goes away frees their turn when the thread is free, and not before.
      const inTurn = (work: Effect.Effect<Buffer>) =>
        places
          .withPermitsIfAvailable(1)(turns.withPermits(1)(Effect.uninterruptible(work)))
          .pipe(
            Effect.flatMap(
              Option.match({
                onNone: () => Effect.fail(new Problem.ServiceUnavailable({ retryAfterSeconds: 2 })),
                onSome: Effect.succeed
              })
            )
          )
      return Passwords.of({
        hash: Effect.fn("Passwords.hash")(function* (password: string) {
          const salt = randomBytes(saltBytes)
          return toPhc(salt, yield* inTurn(compute(password, salt, cost)))
        }),
        verify: Effect.fn("Passwords.verify")(function* (password: string, stored: string | null | undefined) {
          const { hash, salt, ...stated } = fromPhc(stored ?? nobodys)
          const computed = yield* inTurn(compute(password, salt, stated))
          return computed.length === hash.length && timingSafeEqual(computed, hash)
        })
      })
    })
  )
}

/** What is wrong with a new password of somebody, if anything is: it is one of those that are tried first. */
export const objectionTo = (
  password: string,
  person: { readonly email: string; readonly name: string }
): string | undefined => {
  if (isCommon(password)) return "is one of the most common passwords: choose another one"
  const bare = lettersOf(password)
  const parts = [person.email, person.email.split("@", 1)[0]!, person.name, "openseer"].map(lettersOf)
  return parts.includes(bare) ? "must not be OpenSeer's name, or yours, or your email address" : undefined
}

/** Fails with `BadInput` on the member `path` when {@link objectionTo} has something to say. */
export const accept = (path: string, password: string, person: { readonly email: string; readonly name: string }) => {
  const message = objectionTo(password, person)
  return message === undefined ? Effect.void : Effect.fail(new Problem.BadInput({ errors: [{ path, message }] }))
}

/** A password that nobody chose: 24 characters of base64url, 144 bits. */
export const random = Effect.sync(() => randomBytes(AuthApi.passwordLengthMin * 1.5).toString("base64url"))

const lettersOf = (text: string): string => text.toLowerCase().replaceAll(/[^\p{L}]+/gu, "")

interface Cost {
  readonly memory: number
  readonly passes: number
  readonly parallelism: number
}

const cost: Cost = { memory: 19_456, passes: 2, parallelism: 1 }
const saltBytes = 16
const hashBytes = 32

const compute = (password: string, salt: Buffer, { memory, parallelism, passes }: Cost) => {
  const parameters: Argon2Parameters = {
    message: Buffer.from(password),
    nonce: salt,
    memory,
    passes,
    parallelism,
    tagLength: hashBytes
  }
  return Effect.callback<Buffer>((resume) =>
    argon2("argon2id", parameters, (error, hash) => resume(error === null ? Effect.succeed(hash) : Effect.die(error)))
  )
}

const base64 = (bytes: Buffer): string => bytes.toString("base64").replace(/=+$/, "")

const toPhc = (salt: Buffer, hash: Buffer): string =>
  `$argon2id$v=19$m=${cost.memory},t=${cost.passes},p=${cost.parallelism}$${base64(salt)}$${base64(hash)}`

const phc = /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,2}),p=(\d{1,2})\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{43})$/

const fromPhc = (text: string): Cost & { readonly salt: Buffer; readonly hash: Buffer } => {
  const [, memory, passes, parallelism, salt, hash] = phc.exec(text) ?? phc.exec(nobodys)!
  return {
    memory: Number(memory),
    passes: Number(passes),
    parallelism: Number(parallelism),
    salt: Buffer.from(salt!, "base64"),
    hash: Buffer.from(hash!, "base64")
  }
}

/** No password has this hash: it is compared when there is no account, or one without a password. */
const nobodys = toPhc(Buffer.alloc(saltBytes), Buffer.alloc(hashBytes))
