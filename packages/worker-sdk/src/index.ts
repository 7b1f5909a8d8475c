export * as ControlPlane from "./ControlPlane.ts"
export * as Worker from "./Worker.ts"
export * as WorkerStopped from "./WorkerStopped.ts"
