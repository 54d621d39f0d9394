/** Plans one after the other for one native program: answers in order, failures told. */
import { expect, test } from 'vitest'
import { batches } from '../../runtime/04-overlay/batches.ts'
import { StepError } from '../../runtime/native.ts'
import type { Call } from '../../runtime/calls.ts'
import { steps } from '../../test/carry-out.ts'
import { needs } from '../../test/scratch.ts'

/** Much to send and little to do. */
const bulk = steps(
  ...Array.from({ length: 40 }, (): Call => ['pwrite', 1, Buffer.alloc(20_000), 0]),
)

test('each plan gets the answers to its own questions', async (context) => {
  needs(context, 'root')
  const program = batches([])
  const question = steps(['seek_data', import.meta.filename])
  const plans = [question, bulk, [], [...bulk, ...question]]
  const answers = await Promise.all(plans.map((plan) => program.make(plan)))
  await program.end()
  expect(answers.map((reports) => reports.map(({ index }) => index))).toEqual([[0], [], [], [40]])
})

test('the first failure is told to its plan and to all after it', async (context) => {
  needs(context, 'root')
  for (let round = 0; round < 20; round++) {
    const program = batches([])
    const plans = [bulk, steps(['chdir', '/nowhere']), bulk, bulk, bulk]
    const told = await Promise.allSettled(plans.map((plan) => program.make(plan)))
    const late = await Promise.allSettled([program.make(bulk)])
    await program.end()
    expect(told.map(({ status }) => status)).toEqual(['fulfilled', ...Array(4).fill('rejected')])
    for (const each of [...told.slice(1), ...late])
      expect(each).toMatchObject({ reason: { report: { errno: 'ENOENT' } } })
  }
})

test('a program that could not begin says why, one that has ended so too', async (context) => {
  needs(context, 'root')
  const program = batches(steps(['chroot', '/nowhere']))
  await expect(program.make([])).rejects.toThrow(StepError)
  await program.end()
  await expect(program.make([])).rejects.toThrow(StepError)
  const ended = batches([])
  await ended.end()
  await expect(ended.make([])).rejects.toThrow('no plan follows the end')
})

test('a path with a NUL byte is refused, and the program goes on', async (context) => {
  needs(context, 'root')
  const program = batches([])
  await expect(program.make(steps(['chdir', '/\0']))).rejects.toThrow(RangeError)
  await expect(program.make(steps(['chdir', '/']))).resolves.toEqual([])
  await program.end()
})
