/**
 * Addresses that are not for checks, by the IANA special-purpose registries (IPv4 and IPv6) and the clouds' manuals.
 */

/**
 * Services that hand a machine its own credentials: AWS, Google, Azure, DigitalOcean, Hetzner, OpenStack and most others;
 * ECS and EKS credentials; Azure's wire server; Alibaba; Oracle; Tencent; Scaleway.
 */
export const metadataRanges: ReadonlyArray<string> = [
  "169.254.169.254",
  "169.254.170.2",
  "169.254.170.23",
  "168.63.129.16",
  "100.100.100.200",
  "192.0.0.192",
  "169.254.0.23",
  "169.254.42.42",
  "fd00:ec2::254",
  "fd00:ec2::23",
  "fd20:ce::254",
  "fd00:c1::a9fe:a9fe",
  "fd00:42::42",
  "fe80::a9fe:a9fe"
]

/** The names of such services. Some are only known inside, where a search domain may lead to one. */
export const metadataNames: ReadonlyArray<string> = [
  "metadata",
  "metadata.google.internal",
  "*.metadata.google.internal",
  "metadata.goog",
  "*.metadata.goog",
  "instance-data",
  "instance-data.ec2.internal",
  "metadata.azure.internal",
  "metadata.tencentyun.com",
  "api.metadata.cloud.ibm.com",
  "metadata.platformequinix.com",
  "rancher-metadata"
]

/**
 * The ranges that are not globally reachable, and multicast. The first that matches names the address. Anycast services
 * of the local network that the registries call globally reachable (192.0.0.9, 2001:1::1, …) are no targets either.
 */
export const specialRanges: ReadonlyArray<readonly [kind: string, ...ranges: Array<string>]> = [
  ["a loopback address", "127.0.0.0/8", "::1"],
  ["a private address", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"],
  ["a link-local address", "169.254.0.0/16", "fe80::/10"],
  ["a shared address of a carrier", "100.64.0.0/10"],
  ["an unspecified address", "0.0.0.0/8", "::"],
  ["a multicast address", "224.0.0.0/4", "ff00::/8"],
  [
    "a reserved address",
    "192.0.0.0/24",
    "192.0.2.0/24",
    "192.88.99.0/24",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "240.0.0.0/4",
    "2001::/23",
    "2001:db8::/32",
    "3fff::/20"
  ]
]

/** All of IPv6 that has been given out as global unicast; what lies outside is denied. */
export const globalUnicast = "2000::/3"

/**
 * The ports that browsers refuse (WHATWG Fetch, "port blocking"): other protocols live there, and some of them obey
 * commands that come as lines of an HTTP request.
 */
export const portsNotForHttp: ReadonlySet<number> = new Set(
  [
    "0 1 7 9 11 13 15 17 19 20 21 22 23 25 37 42 43 53 69 77 79 87 95 101 102 103 104 109 110 111 113 115 117",
    "119 123 135 137 139 143 161 179 389 427 465 512 513 514 515 526 530 531 532 540 548 554 556 563 587 601",
    "636 989 990 993 995 1719 1720 1723 2049 3659 4045 4190 5060 5061 6000 6566 6665 6666 6667 6668 6669 6679",
    "6697 10080"
  ].flatMap((ports) => ports.split(" ").map(Number))
)
