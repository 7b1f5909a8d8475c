/**
 * The messages of gRPC's health protocol (grpc.health.v1), their framing, and the status codes of gRPC. Without any IO.
 */
import { BinaryReader, BinaryWriter, WireType } from "@bufbuild/protobuf/wire"

/** The names of the status codes of gRPC, by number. */
const statusNames = [
  "OK",
  "CANCELLED",
  "UNKNOWN",
  "INVALID_ARGUMENT",
  "DEADLINE_EXCEEDED",
  "NOT_FOUND",
  "ALREADY_EXISTS",
  "PERMISSION_DENIED",
  "RESOURCE_EXHAUSTED",
  "FAILED_PRECONDITION",
  "ABORTED",
  "OUT_OF_RANGE",
  "UNIMPLEMENTED",
  "INTERNAL",
  "UNAVAILABLE",
  "DATA_LOSS",
  "UNAUTHENTICATED"
] as const

/** The name of a status. One that gRPC does not know is UNKNOWN, as with its own clients. */
export const statusName = (grpcStatus: string): (typeof statusNames)[number] =>
  (/^\d{1,2}$/.test(grpcStatus) ? statusNames[Number(grpcStatus)] : undefined) ?? "UNKNOWN"

/** A message of gRPC is led by whether it is compressed, and by its length in four bytes. */
const prefixBytes = 5

/** The request for a service, framed. */
export const encodeRequest = (service: string): Buffer => {
  const writer = new BinaryWriter()
  if (service !== "") writer.tag(1, WireType.LengthDelimited).string(service)
  const message = writer.finish()
  const prefix = Buffer.alloc(prefixBytes)
  prefix.writeUInt32BE(message.length, 1)
  return Buffer.concat([prefix, message])
}

const servingNames = ["UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN"] as const

/** What the service says of itself, out of a framed response; a number that the protocol does not have is UNKNOWN. */
export const decodeResponse = (framed: Buffer): (typeof servingNames)[number] | "malformed" => {
  if (framed.length < prefixBytes || framed[0] !== 0 || framed.readUInt32BE(1) !== framed.length - prefixBytes) {
    return "malformed"
  }
  try {
    const reader = new BinaryReader(framed.subarray(prefixBytes))
    let status = 0
    while (reader.pos < reader.len) {
      const [field, wireType] = reader.tag()
      if (field === 1 && wireType === WireType.Varint) status = reader.int32()
      else reader.skip(wireType, field)
    }
    return servingNames[status] ?? "UNKNOWN"
  } catch {
    return "malformed"
  }
}
