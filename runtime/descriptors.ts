/**
 * File descriptors that plans and the native program count on.
 *
 * The kernel gives each new file the lowest free number (open(2)). A plan begins by closing
 * everything from 4 on, so it knows the number of each file that it opens, and can name it in a
 * later step:
 *
 *     0, 1, 2   standard input, output and error of the command
 *     3         the native program's socket to Node
 *     4 …       what the plan opens, in order
 *     32        the child's end of the pipe to its parent (native/parent.c)
 *     128 …     trees that are opened at the beginning and attached at the end
 *     256 …     sockets that hold ports of the host, which stay with the process that waits
 *
 * A container with a terminal uses 4 and 5 for the socket between parent and child, and 6 and 7 for
 * the two sides of the terminal. One without uses them for the pipes of its standard streams, see
 * 03-pivot-root/streams.ts. native/stepbox.h names 3 and 32 again; a test compares the two.
 */
export const controlFd = 3
export const firstFd = 4
export const lifelineFd = 32
export const firstTreeFd = 128
export const firstPortFd = 256

/** The socket pair on which the child sends its terminal to the parent. */
export const parentSocketFd = firstFd
export const childSocketFd = firstFd + 1

/** The sides of the terminal: its master for the parent, its slave for the command. */
export const masterFd = firstFd + 2
export const slaveFd = firstFd + 3
