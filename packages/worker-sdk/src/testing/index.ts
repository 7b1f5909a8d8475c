export * as Certificates from "./Certificates.ts"
export * as HostileTargets from "./HostileTargets.ts"
export * as NameServer from "./NameServer.ts"
export * as ScriptedControlPlane from "./ScriptedControlPlane.ts"
