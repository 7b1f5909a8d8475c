/** Who is signed in, where a test answers in the control plane's place. */

/** An owner, as `GET /api/v1/account` tells of her. */
export const owner = {
  id: "usr_1",
  name: "Ada",
  email: "ada@example.com",
  organization: { id: "org_1", name: "Analytical Engines", role: "owner" },
  scopes: ["admin"],
  organizations: []
}
