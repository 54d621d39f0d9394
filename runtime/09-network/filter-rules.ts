/** The rules of the packet filter, as a script for nft(8): two tables called stepbox. */

/**
 * A packet's way:
 *
 *     loopback     the bridges have route_localnet, so that 127.0.0.1 can be answered from a
 *                  container; what comes from a cable and is for 127.0.0.0/8 is dropped
 *                  (CVE-2020-8558). On every cable: a port that is published on 127.0.0.1 is sent
 *                  on below, before the kernel could see that this address has no business there
 *     prerouting   from outside and from containers, for a published port: to its container
 *     output       the same from the host; from ::1 nothing could come back (no route_localnet)
 *     local        so ::1 is refused; TCP by the held socket, which does not listen, UDP here
 *     forward      within a network and out of it; into it only answers, and what was published
 *     postrouting  out of a network: from the host's address; so that the answer comes back this
 *                  way also from 127.0.0.1, and from a container to a published port of its network
 *     sources      from a container's end: only with its own addresses, and only IP and ARP. Most
 *                  packets are IPv4's, so its line comes first: each line costs throughput. The
 *                  last word is drop: a tag of a VLAN would hide an address from the lines before.
 *                  A neighbour solicitation (IPv6's ARP) is answered for its own addresses alone,
 *                  and no container says that it is a router (CVE-2020-13401)
 *     between      from one container to another, if the network has enable_icc=false
 */
export const rules = `
table inet stepbox {}
table bridge stepbox {}
flush table inet stepbox
flush table bridge stepbox
table inet stepbox {
  set bridges { type ifname; }
  set internal { type ifname; }
  map within { type ifname . ifname : verdict; }
  set loopback6 { type inet_service; }
  set outbound4 { type ipv4_addr; flags interval; }
  set outbound6 { type ipv6_addr; flags interval; }
  set near4 { type ifname . ipv4_addr; flags interval; }
  set near6 { type ifname . ipv6_addr; flags interval; }
  map anywhere4 { type inet_proto . inet_service : ipv4_addr . inet_service; }
  map anywhere6 { type inet_proto . inet_service : ipv6_addr . inet_service; }
  map published4 {
    type ipv4_addr . inet_proto . inet_service : ipv4_addr . inet_service;
  }
  map published6 {
    type ipv6_addr . inet_proto . inet_service : ipv6_addr . inet_service;
  }
  chain published {
    dnat ip to ip daddr . meta l4proto . th dport map @published4
    dnat ip6 to ip6 daddr . meta l4proto . th dport map @published6
    meta nfproto ipv4 dnat ip to meta l4proto . th dport map @anywhere4
    meta nfproto ipv6 dnat ip6 to meta l4proto . th dport map @anywhere6
  }
  chain loopback {
    type filter hook prerouting priority raw;
    iifname != "lo" ip daddr 127.0.0.0/8 drop
  }
  chain prerouting {
    type nat hook prerouting priority dstnat;
    fib daddr type local jump published
  }
  chain output {
    type nat hook output priority -100;
    ip6 daddr ::1 return
    fib daddr type local jump published
  }
  chain local {
    type filter hook output priority filter;
    ip6 daddr ::1 udp dport @loopback6 reject
  }
  chain forward {
    type filter hook forward priority filter;
    ct state established,related accept
    iifname . oifname vmap @within
    iifname @internal drop
    oifname @internal drop
    ct status dnat accept
    iifname @bridges oifname != @bridges accept
    oifname @bridges drop
  }
  chain postrouting {
    type nat hook postrouting priority srcnat;
    ip saddr @outbound4 oifname != @bridges masquerade
    ip6 saddr @outbound6 oifname != @bridges masquerade
    ip saddr 127.0.0.0/8 oifname @bridges masquerade
    ct status dnat oifname . ip saddr @near4 masquerade
    ct status dnat oifname . ip6 saddr @near6 masquerade
  }
}
table bridge stepbox {
  set ends { type ifname; }
  set own { type ifname . ether_addr; }
  set own4 { type ifname . ether_addr . ipv4_addr; }
  set own6 { type ifname . ether_addr . ipv6_addr; }
  set targets { typeof iifname . @th,64,128; }
  set closed { type ifname; }
  chain sources {
    type filter hook prerouting priority dstnat;
    iifname . ether saddr . ip saddr @own4 accept
    iifname != @ends accept
    iifname . ether saddr != @own drop
    iifname . arp saddr ether . arp saddr ip @own4 accept
    arp saddr ip 0.0.0.0 accept
    icmpv6 type { nd-router-advert, nd-redirect } drop
    icmpv6 type nd-neighbor-advert iifname . @th,64,128 != @targets drop
    iifname . ether saddr . ip6 saddr @own6 accept
    ip6 saddr :: meta l4proto icmpv6 accept
    drop
  }
  chain between {
    type filter hook forward priority filter;
    iifname @closed oifname @closed drop
  }
}
`
