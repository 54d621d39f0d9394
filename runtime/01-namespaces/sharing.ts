/** Which namespaces a container shares, as its options have them. */

declare module '../options.ts' {
  interface ContainerOptions {
    domainname?: string
    /** `host` or `container:NAME`. */
    pidMode?: string
    /** The same, or `none`, `private`, which is the default, or `shareable`. */
    ipcMode?: string
    utsMode?: string
  }
  interface PlanOptions extends SharedNamespaces {
    domainname?: string
  }
}

/** Which namespaces are not its own: the host's, or that of a process, named by a path. */
export interface SharedNamespaces {
  pid?: 'host' | NamespacePath
  ipc?: 'host' | 'none' | NamespacePath
  uts?: 'host'
}

/** `/proc/1234/ns/pid`. */
type NamespacePath = `/proc/${number}/ns/${string}`
