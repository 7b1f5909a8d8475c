/** The version of this package, as a worker announces it to control planes and to targets. */
export const version = "0.1.0"
