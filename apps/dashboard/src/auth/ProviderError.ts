/**
 * Why signing in with the identity provider came to nothing, in words: `?error=` of the page that it leads back to.
 */

const sentences: Readonly<Record<string, string>> = {
  access_denied: "The identity provider did not let you in, or you stopped there.",
  expired: "That took too long, or was begun in another browser. Begin again.",
  invitation_invalid: "The invitation is not valid any more. Ask for a new one.",
  email_unverified: "The identity provider has not verified your email address. Verify it there, then try again.",
  email_missing: "The identity provider did not tell your email address, which OpenSeer needs.",
  other_identity:
    "The account with your email address belongs to another identity of this provider. Sign in with that one, or ask an administrator.",
  no_account: "You have no account here. Ask an administrator of your organization for an invitation.",
  registration_closed: "Nobody can make an account here now. Ask an administrator.",
  too_many_attempts: "Too many attempts failed from your network. Wait an hour, or sign in where you did before.",
  provider_unavailable: "The identity provider can't be reached. Try again in a moment."
}

/** The sentence of a code; a code that is not known is not shown, since anybody can write one into a link. */
export const providerError = (code: string | undefined): string | undefined => {
  if (!code) return undefined
  return Object.hasOwn(sentences, code)
    ? sentences[code]
    : "Signing in with the identity provider did not work. Try again."
}
