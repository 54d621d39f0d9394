/** Kernel modules: which ones a guest gets, and the order in which they are loaded. */

/** The part of a module's section `.modinfo` that we need. */
export interface ModuleInfo {
  /** Modules that must be loaded before it. */
  depends: string[]
  /** Other names under which the kernel asks for it: `fs-overlay`. */
  aliases: string[]
}

/** A module: its name, with `_` for `-`, and its path in the release's directory. */
export interface KernelModule extends ModuleInfo {
  name: string
  path: string
}

/** Drivers for the guest's devices, loaded at boot. */
export const bootModules = ['virtio_pci', 'virtio_blk', 'virtio_console', 'virtio_rng', 'virtiofs']

/** Modules that the chapters use, loaded by the kernel on first use. */
export const lateModules = [
  ...['overlay', 'loop', 'squashfs', 'erofs', 'xfs', 'zram', 'tun', 'dummy', 'fuse'],
  ...['veth', 'bridge', 'br_netfilter', 'virtio_net'],
  ...['nf_tables', 'nft_compat', 'nft_masq', 'nft_nat', 'nft_chain_nat', 'nft_ct', 'nft_fib_inet'],
  ...['nft_meta_bridge', 'nf_conntrack_netlink'],
  ...['nft_reject_inet', 'ip_tables', 'iptable_nat', 'iptable_filter', 'xt_MASQUERADE'],
  ...['xt_nat', 'xt_conntrack', 'xt_addrtype', 'xt_tcpudp', 'xt_comment', 'xt_mark'],
]

/** The name of a module from its path: `kernel/fs/overlayfs/overlay.ko.xz` is `overlay`. */
export function moduleName(path: string): string {
  const file = path.slice(path.lastIndexOf('/') + 1)
  return file.replace(/\.ko(\.\w+)?$/, '').replaceAll('-', '_')
}

/**
 * Read `.modinfo` of a module's object file: strings `key=value`, each ended by NUL. They are
 * searched for in the whole file, because nothing else in a module has that form.
 */
export function readModule(bytes: Uint8Array): ModuleInfo {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1')
  const valuesOf = (key: string) =>
    [...text.matchAll(new RegExp(`(?:^|\\0)${key}=([^\\0]*)(?=\\0)`, 'g'))].map(
      ([, value = '']) => value,
    )
  const depends = valuesOf('depends').flatMap((list) => list.split(',').filter(Boolean))
  return { depends: depends.map((name) => name.replaceAll('-', '_')), aliases: valuesOf('alias') }
}

/**
 * `wanted` and all modules that they need, each after those it needs. Unknown names are left out.
 */
export function inOrder(wanted: string[], all: Map<string, KernelModule>): KernelModule[] {
  const ordered = new Set<KernelModule>()
  const add = (name: string): void => {
    const found = all.get(name)
    if (!found || ordered.has(found)) return
    found.depends.forEach(add)
    ordered.add(found)
  }
  wanted.forEach(add)
  return [...ordered]
}

/** The tables that modprobe(8) reads: `modules.dep` and `modules.alias`. */
export function tables(modules: KernelModule[]): { dep: string; alias: string } {
  const byName = new Map(modules.map((each) => [each.name, each]))
  const dep = modules.map(({ path, name }) => {
    const needed = inOrder([name], byName).filter((each) => each.name !== name)
    return `${path}:${needed
      .toReversed()
      .map((each) => ` ${each.path}`)
      .join('')}\n`
  })
  const alias = modules.flatMap(({ name, aliases }) =>
    aliases.map((each) => `alias ${each} ${name}\n`),
  )
  return { dep: dep.join(''), alias: alias.join('') }
}
