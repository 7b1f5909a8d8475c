/// <reference types="@solidjs/start/env" />
import type { SignedInAccount } from "~/api/Account.ts"
import type { PostedForm } from "~/forms/NamedForm.ts"
import type { ControlPlane } from "~/server/ControlPlane.ts"
import type { Density } from "~/server/Density.ts"
import type { Theme } from "~/server/Theme.ts"

declare global {
  namespace App {
    /** What the middleware leaves for the page that is rendered. */
    interface RequestEventLocals {
      /** Allows the scripts of this one answer. */
      nonce: string
      theme: Theme | undefined
      density: Density
      /** The control plane, asked in the name of whoever sent this request. */
      controlPlane: ControlPlane
      /** Who is signed in; absent on pages that need nobody. */
      account?: SignedInAccount
      /** The form that was posted to this page and refused, or that has something to show. */
      posted?: PostedForm
    }
  }
}
