/** Whether groupDir finds groups: on this machine now, and on others whose files were kept. */
import type { Bench, Finding } from '../../../runtime/chapter-lab.ts'
import { notStarted } from '../../../runtime/lab-findings.ts'
import { parseMountinfo } from '../../../runtime/mountinfo.ts'
import { sentence } from '../../../runtime/sentence.ts'
import { given } from './predictions.ts'
import { answers } from './tasks.ts'

interface Question {
  machine: 'this' | 'first' | 'second'
  cgroup: string
  mountinfo: string
  controller: string
  right: string
}

export async function groupDirFound(bench: Bench): Promise<Finding | undefined> {
  const did = sentence('ran a process in a group, and called groupDir with its two files')
  const box = await bench.run({
    list: { file: given, symbol: 'inOneTree' },
    script: 'cat /proc/self/cgroup; echo; cat /proc/self/mountinfo',
    then: 'true',
  })
  const early = await notStarted(did, box)
  if (early) return early
  const [cgroup = '', mountinfo = ''] = box.out().split('\n\n')
  for (const question of [...kept(bench.word), ...questionsHere(cgroup, mountinfo)]) {
    const { controller, right } = question
    const files = [question.cgroup, question.mountinfo]
    const answer = await bench.ask(answers, 'groupDir', ...files, controller)
    if (answer !== right) return wrongDir(question, String(answer))
  }
  return undefined
}

/** The controllers of this machine, each with the directory of the process's group. */
function questionsHere(cgroup: string, mountinfo: string): Question[] {
  const trees = parseMountinfo(mountinfo).filter(({ type }) => /^cgroup2?$/.test(type))
  const lines = cgroup.trim().split('\n')
  return ['pids', 'cpu', 'memory'].flatMap((controller) => {
    const has = (list: string) => list.split(',').includes(controller)
    const first = trees.find(({ type, superOptions }) => type === 'cgroup' && has(superOptions))
    const tree = first ?? trees.find(({ type }) => type === 'cgroup2')
    const isOurs = (each: string) =>
      first ? has(each.split(':')[1] ?? '') : each.startsWith('0:')
    const line = lines.find(isOurs)
    if (!tree || line === undefined) return []
    const right = `${tree.target}${line.split(':').slice(2).join(':')}`.replace(/\/$/, '')
    return [{ machine: 'this' as const, cgroup, mountinfo, controller, right }]
  })
}

/** Files of two other machines: one with version 1, one with version 2 alone. */
function kept(word: string): Question[] {
  const first = {
    machine: 'first' as const,
    cgroup: `9:cpuset:/\n8:pids:/${word}\n4:cpu,cpuacct:/jobs/${word}\n1:name=x:/init\n0::/x\n`,
    mountinfo: [
      '26 24 0:22 / /sys/fs/cgroup/unified rw,nosuid shared:8 - cgroup2 cgroup2 rw',
      '31 24 0:27 / /sys/fs/cgroup/cpuset rw,nosuid shared:13 - cgroup cgroup rw,cpuset',
      '33 24 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,nosuid shared:15 - cgroup cgroup rw,cpu,cpuacct',
      '34 24 0:30 / /sys/fs/cgroup/pids rw,nosuid shared:16 - cgroup cgroup rw,pids\n',
    ].join('\n'),
  }
  const second = {
    machine: 'second' as const,
    cgroup: `0::/system.slice/${word}.service\n`,
    mountinfo: '30 24 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n',
  }
  const tree = '/sys/fs/cgroup'
  return [
    { ...first, controller: 'cpu', right: `${tree}/cpu,cpuacct/jobs/${word}` },
    { ...first, controller: 'pids', right: `${tree}/pids/${word}` },
    { ...first, controller: 'cpuset', right: `${tree}/cpuset` },
    { ...second, controller: 'cpu', right: `${tree}/system.slice/${word}.service` },
  ]
}

function wrongDir(question: Question, answer: string): Finding {
  const { machine, cgroup, mountinfo, controller, right } = question
  const place = {
    this: sentence('called groupDir for {controller}, with the files of a process here', {
      controller,
    }),
    first: sentence('called groupDir for {controller}, with files of a machine with version 1', {
      controller,
    }),
    second: sentence('called groupDir for {controller}, with files of a machine with version 2', {
      controller,
    }),
  }
  const path = (line = '') => line.split(':').slice(2).join(':')
  const others = cgroup.split('\n').filter((line) => !right.endsWith(path(line)))
  const isOther = others.some((line) => path(line).length > 1 && answer.endsWith(path(line)))
  const trees = parseMountinfo(mountinfo).filter(({ type }) => /^cgroup2?$/.test(type))
  const isInTree = trees.some(({ target }) => `${answer}/`.startsWith(`${target}/`))
  return {
    did: place[machine],
    expected: sentence('{right}', { right }),
    saw: sentence('{answer}', { answer: answer || '—' }),
    ...whyWrong({ right, answer, isOther, isInTree }),
  }
}

interface Wrong extends Pick<Question, 'right'> {
  answer: string
  /** It ends with the path of another line. */
  isOther: boolean
  isInTree: boolean
}

function whyWrong({ right, answer, isOther, isInTree }: Wrong): Pick<Finding, 'means' | 'hint'> {
  if (answer === `${right}/`)
    return {
      means: sentence(
        'right, but for the slash at its end: the process is in the root of that tree',
      ),
      hint: sentence('which path does the root have in /proc/PID/cgroup?'),
    }
  if (answer === '' || answer === 'undefined')
    return {
      means: sentence('nothing was found'),
      hint: sentence('begin with the line for the controller: split the file into its lines'),
    }
  if (isOther)
    return {
      means: sentence('this is the path of another line of /proc/PID/cgroup'),
      hint: sentence('a line can name several controllers, and one name can begin like another'),
    }
  if (isInTree)
    return {
      means: sentence('this lies in the tree of another controller, or is another group in it'),
      hint: sentence('cpu, cpuset and cpuacct begin alike: does it compare whole names?'),
    }
  return {
    means: sentence(
      'no tree is mounted there: a mount point is not always named after a controller',
    ),
    hint: sentence('which mount in mountinfo belongs to the line, and where is its mount point?'),
  }
}
