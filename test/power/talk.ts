/** Tests. What is said between the host, which decides, and the program in the machine. */

/** One line of JSON, answered by one line. */
export type Request =
  | { do: 'mount' }
  | { do: 'unmount' }
  | { do: 'import' }
  | { do: 'run'; container: string; image: string; script: string; volume?: string }
  | { do: 'commit'; container: string; image: string }
  | { do: 'rm'; container: string }
  | { do: 'rmi'; image: string }
  | { do: 'volume create'; volume: string }
  | { do: 'volume rm'; volume: string }
  | { do: 'check'; promised: Promised; mark: number }

/** What must be found after a power cut. */
export interface Promised {
  /**
   * For each name that an image ever had, the digests of manifests of which one must be found under
   * it; `''` stands for none.
   */
  images: Record<string, string[]>
  /** Names of containers. */
  containers: string[]
  /** Names of volumes. */
  volumes: string[]
}

export interface Answer {
  /** The manifest's digest, of an image that was made. */
  digest?: string
  /** Of a check: what was found to be wrong. */
  problems?: string[]
  /** Why the request was not carried out. */
  error?: string
}
