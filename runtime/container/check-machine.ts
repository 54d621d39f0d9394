/** What every command that makes a container needs, said in one line. */

/** Throws when this is not Linux, or not root. */
export function checkMachine(): void {
  if (process.platform !== 'linux')
    throw new Error(`containers are made of Linux's system calls, and this is ${process.platform}`)
  if (process.geteuid?.() !== 0)
    throw new Error(
      "running a container needs root: try sudo, or 'stepbox vm', where you are root,\n" +
        "  or 'stepbox plan' to see the calls",
    )
}
