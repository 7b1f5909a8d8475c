/**
 * What whoever makes an account and an organization is asked.
 */
import { PasswordField } from "~/auth/PasswordField.tsx"
import { Field } from "~/components/Field.tsx"

/** Organization, name, email and a new password. */
export function OwnerFields() {
  return (
    <>
      <Field
        name="organizationName"
        label="Organization"
        hint="Your team or company. It can be renamed."
        autocomplete="organization"
        maxlength={80}
        required
        autofocus
      />
      <Field name="name" label="Your name" autocomplete="name" maxlength={80} required />
      <Field name="email" label="Email" type="email" autocomplete="username" required />
      <PasswordField name="password" label="Password" isNew />
    </>
  )
}
