/**
 * The hostile targets, one of each kind, on loopback: those that the testing kit lists.
 */
import { HostileGallery } from "@openseer/worker-sdk/testing"

/** All kinds. A redirect to itself is redirected until the check gives up. */
export const hostileKinds: ReadonlyArray<HostileGallery.HostileKind> = HostileGallery.all
