/** `lab watch`: judge at each save, on the whole terminal. */
import { join } from 'node:path'
import type { Input } from '../../command-line.ts'
import type { Check } from '../../chapter-lab.ts'
import { checkMachine } from '../../container/check-machine.ts'
import { answerFilesOf } from '../../lab/course.ts'
import { unifiedDiff } from '../../lab/line-diff.ts'
import { answersIn, starterIn } from '../../lab/workspace.ts'
import { printable } from '../../printable.ts'
import { sentence } from '../../sentence.ts'
import { writeOutput } from '../output.ts'
import { hasScreen, takeTerminal, type Page } from '../terminal-screen.ts'
import { onSave } from './changes.ts'
import { labSceneOf, type LabScene } from './common.ts'
import { openedHints } from './hint.ts'
import { checksWanted, judgeFor, runOf, type Judge, type Run } from './judged.ts'
import { sumOf } from './report.ts'
import { nextExercise, standingIn } from './standing.ts'
import { keysPage, watchPage, type View } from './watch-page.ts'

export async function labWatch(input: Input): Promise<number> {
  checkMachine()
  const scene = await labSceneOf(input)
  if (!hasScreen()) throw new Error(scene.say(sentence('watch needs a terminal to draw on')))
  const checks = checksWanted(scene)
  const tools = await judgeFor(scene)
  const labs = await Promise.all(scene.rows.map((row) => row.lab?.()))
  const files = labs.flatMap((lab) => (lab ? answerFilesOf(lab) : []))
  const watched = files.map((path) => join(scene.workspace.dir, path))
  const page = takeTerminal()
  const watch = new Watch({ ...scene, lab: { ...scene.lab, checks } }, tools, page)
  const close = onSave(watched, input.switches.has('poll'), () => watch.judge(checks))
  try {
    watch.judge(checks)
    for (let isOver = false; !isOver; ) isOver = await watch.press(await page.key())
  } finally {
    close()
    page.leave()
    await watch.end()
  }
  writeOutput(`${scene.say(sumOf([...watch.view.verdicts.values()]))}\n`)
  return 0
}

/** What is shown, and the run that goes on. */
class Watch {
  readonly view: View = { verdicts: new Map(), isRunning: false, above: 0, hints: [] }
  private readonly scene: LabScene
  private readonly tools: Judge
  private readonly page: Page
  private readonly pending = new Set<Promise<void>>()
  private run: Run | undefined
  private count = 0

  constructor(scene: LabScene, tools: Judge, page: Page) {
    ;[this.scene, this.tools, this.page] = [scene, tools, page]
  }

  /** Begin to judge; what was judged until now is no longer wanted. */
  judge(checks: Check[]): void {
    const going = this.judged(checks, ++this.count).catch((error: Error) => {
      Object.assign(this.view, { isRunning: false, message: printable(error.message) })
      this.draw()
    })
    this.pending.add(going)
    void going.then(() => this.pending.delete(going))
  }

  /** Handle a key; true if it ends the watch. */
  async press(key: string): Promise<boolean> {
    const { view, scene } = this
    view.message = undefined
    if (key === 'ctrl-c') return true
    if (view.instead && key !== 'resize') {
      const isScroll = key === 'up' || key === 'down'
      const most = Math.max(0, view.instead.length - 3)
      if (isScroll) view.above = Math.max(0, Math.min(most, view.above + (key === 'up' ? -1 : 1)))
      else view.instead = undefined
    } else if (key === 'q') return true
    else if (key === 't' || key === 'enter') this.judge(this.left())
    else if (key === 'a') this.judge(scene.lab.checks)
    else if (key === 'h') await this.hint()
    else if (key === 'd') Object.assign(view, { instead: await diffOf(scene), above: 0 })
    else if (key === '?') Object.assign(view, { instead: keysPage(scene), above: 0 })
    else if (key !== 'resize') {
      const words = sentence("'{key}' is no key here; ? shows them", { key: printable(key) })
      view.message = scene.say(words)
    }
    this.draw()
    return false
  }

  /** Stop what goes on, and wait until it is cleared up. */
  async end(): Promise<void> {
    this.count++
    this.run?.stop()
    await Promise.all(this.pending)
  }

  private async judged(checks: Check[], own: number): Promise<void> {
    const { view, scene } = this
    this.run?.stop()
    Object.assign(view, { isRunning: true, message: undefined, instead: undefined, hints: [] })
    for (const { id } of checks) view.verdicts.delete(id)
    this.draw()
    const run = await runOf(scene, this.tools, checks)
    if (own !== this.count) return run.stop()
    this.run = run
    for await (const verdict of run.verdicts) {
      if (own !== this.count) return
      view.verdicts.set(verdict.id.replace(/^\d+\//, ''), verdict)
      this.draw()
    }
    if (own !== this.count) return
    view.isRunning = false
    this.draw()
  }

  /** The checks that do not pass; all, if all pass. */
  private left(): Check[] {
    const { checks } = this.scene.lab
    const left = checks.filter(({ id }) => this.view.verdicts.get(id)?.status !== 'pass')
    return left.length > 0 ? left : checks
  }

  private async hint(): Promise<void> {
    const scene = await labSceneOf(this.scene.input) // with what has just been judged
    const exercise = nextExercise(await standingIn(scene), scene)
    if (!exercise) return
    const { levels, open } = await openedHints(scene, exercise)
    this.view.hints = levels
      .slice(0, open)
      .map((level, at) => `${at + 1}  ${level.map(scene.say).join(' ')}`)
  }

  private draw(): void {
    if (!this.page.isOver()) this.page.draw(watchPage(this.view, this.scene, this.page))
  }
}

async function diffOf({ workspace, rows, chapter, say }: LabScene): Promise<string[]> {
  const [starter, own] = [await starterIn(workspace, chapter), await answersIn(workspace, rows)]
  const lines = Object.entries(starter).flatMap(([path, text]) =>
    unifiedDiff(path, text, own[path] ?? ''),
  )
  return lines.length > 0 ? lines.map(printable) : [say(sentence('no difference'))]
}
