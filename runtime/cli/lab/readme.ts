/** README.md of a workspace, in the learner's language. */
import type { Chapter } from '../../chapter.ts'
import type { ChapterLab } from '../../chapter-lab.ts'
import { sentence, type Sentence, type Speak } from '../../sentence.ts'

export interface About {
  chapter: Chapter
  lab: ChapterLab
  say: Speak
  /** The text of the chapter in the checkout. */
  text: string
  /** `run` and `plan` take an image in this chapter. */
  hasImages: boolean
}

/** What to do, which files to write, the commands. */
export function readmeOf({ chapter, lab, say, text, hasImages }: About): string {
  const { number, slug } = chapter
  const exercises = lab.exercises.flatMap(({ id, title, task, file, symbols }) => [
    `### ${say(title)} (\`${id}\`)`,
    '',
    say(task),
    '',
    `[${file}](${file}): ${symbols.map((each) => `\`${each}\``).join(', ')}`,
    '',
  ])
  const commands: [string, Sentence][] = [
    ['npx stepbox lab', sentence('where am I, what comes next')],
    ['npx stepbox lab test', sentence('run what you have written, and judge what the kernel did')],
    ['npx stepbox lab watch', sentence('the same after each save')],
    ['npx stepbox lab hint', sentence('the next hint')],
    ['npx stepbox lab diff --plan', sentence('your list of calls beside the reference list')],
    ['npx stepbox lab solve', sentence('put the solution in; lab undo takes it out again')],
    [`npx stepbox --lab . plan ${hasImages ? 'busybox ' : ''}sh`, sentence('your own list')],
    ['npx tsc', sentence('check the types')],
  ]
  return [
    `# ${say(sentence('Stepbox, chapter {number}: {slug}', { number, slug }))}`,
    '',
    say(sentence(
      'Write the functions below: each returns steps, a step is one system call. The comment ' +
        'above a function is its contract. Everything else is here to read, and stays as it is.',
    )),
    '',
    say(sentence('The text of the chapter: {text}', { text })),
    '',
    `## ${say(sentence('Exercises'))}`,
    '',
    ...exercises,
    `## ${say(sentence('Commands'))}`,
    '',
    ...commands.map(([typed, means]) => `- \`${typed}\`: ${say(means)}`),
    '',
    say(sentence('Running containers needs root: put sudo in front if you are not.')),
    '',
  ].join('\n')
}
