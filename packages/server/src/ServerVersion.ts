/** The version of this package; a test compares it with its package.json. */
export const serverVersion = "0.1.0"
