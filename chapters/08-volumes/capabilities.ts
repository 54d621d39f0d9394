/** What a machine must have for this chapter's containers, and how that is tried. */
import type { Capability } from '../../runtime/chapter-tools.ts'
import { toolStep } from '../../runtime/step.ts'
import type { Call } from '../../runtime/calls.ts'
import { firstTreeFd } from '../../runtime/descriptors.ts'

const calls: Call[] = [
  ['close_range', 4, 4294967295, []],
  ['unshare', ['CLONE_NEWNS']],
  ['mount', null, '/', null, ['MS_REC', 'MS_PRIVATE'], null],
  ['open_tree_as', '/proc', ['OPEN_TREE_CLONE', 'AT_RECURSIVE', 'OPEN_TREE_CLOEXEC'], firstTreeFd],
  ['mount_setattr_tree', firstTreeFd, ['AT_RECURSIVE'], ['MOUNT_ATTR_RDONLY'], []],
  ['chdir', '/'],
  ['openat2', -100, '/proc', ['O_PATH', 'O_CLOEXEC'], ['RESOLVE_IN_ROOT']],
  ['move_mount_to', firstTreeFd, 4],
]

export const capabilities: Capability[] = [
  {
    name: 'mount-trees',
    topic: 'files',
    tried: () => calls.map((call) => toolStep(call, 'to see whether this machine allows it')),
    found: 'open_tree(…, OPEN_TREE_CLONE), mount_setattr(…), move_mount(…)',
    why: 'volumes take calls of Linux 5.12',
  },
]
