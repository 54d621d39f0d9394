/** Where submissions are judged: on this machine, or in a virtual one. */
import { sentence, type Sentence } from '../../sentence.ts'

export interface Circumstances {
  /** What was asked for. */
  wish?: 'here' | 'vm' | undefined
  /** Version 1 has its tree for devices: a group denies them to all that is judged. */
  deniesDevices: boolean
  /** This is a virtual machine of Stepbox: what happens in it ends with it. */
  isInVm: boolean
  hasQemu: boolean
}

/** The place, and what is said of it if it is not what was expected. */
export function placeFor(all: Circumstances): { where: 'here' | 'vm'; said?: Sentence } {
  const { wish, deniesDevices, isInVm, hasQemu } = all
  if (wish === 'vm') return { where: 'vm' }
  if (deniesDevices || isInVm) return { where: 'here' }
  if (wish === 'here') return { where: 'here', said: onlyFiltered() }
  if (!hasQemu) return { where: 'here', said: withoutQemu() }
  const said = sentence(
    'graded in a virtual machine: no control group denies devices here; --no-vm grades here',
  )
  return { where: 'vm', said }
}

const onlyFiltered = () =>
  sentence('no control group denies devices here: a policy and a filter of system calls do')

const withoutQemu = () =>
  sentence(
    'graded here, for there is no QEMU: a policy and a filter of system calls deny devices, ' +
      'and no control group does',
  )
