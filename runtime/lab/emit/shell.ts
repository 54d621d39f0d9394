/**
 * The bash script that every job carries: it grades the submissions of one task, or collects what
 * all tasks have written. Names of submissions are data in it: whatever they are, bash, YAML and
 * GitHub's `${{ }}` see nothing but a list of words.
 */
import { toBytes } from '../../bytes.ts'
import { sentence } from '../../sentence.ts'
import { notesIn } from './comment.ts'
import { emulation, type Job } from './options.ts'

/**
 * A word for bash as `$'…'` (bash(1), QUOTING). Letters, marks, digits, punctuation and the space
 * stay as they are; every other byte is `\xHH`. `$` is one of those, so that nothing that looks for
 * `${{` or `$(` finds it, and so are characters that change the direction of text.
 */
export function bashWord(text: string): string {
  const inner = [...text].map((each) => {
    if (each === "'" || each === '\\') return `\\${each}`
    if (each !== '$' && /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u.test(each)) return each
    return [...toBytes(each)].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('')
  })
  return `$'${inner.join('')}'`
}

/** The script. `$1` is the number of a task, from 0, or `collect`. */
export function gradingScript({ names, chapter, tasks, seconds, say }: Job): string {
  const note = notesIn(say)
  return `set -u
stepbox=\${STEPBOX:-$PWD/stepbox}
submissions=\${SUBMISSIONS:-$PWD/submissions}
results=\${RESULTS:-$PWD/results}
tasks=${tasks}
${note(sentence('The directories in $submissions. A name is never part of a command.'))}
names=(
${names.map((name) => `  ${bashWord(name)}\n`).join('')})

program() { node "$stepbox/dist/stepbox.cjs" "$@"; }

${note(sentence('Which were to be graded; then those that a lost task left out are named.'))}
if [ "\${1-}" = collect ]; then
  printf '%s\\0' "\${names[@]}" >"$results/submissions"
  rm -rf -- "$results/class"
  program lab grade --collect "$results"
  [ -s "$results/class/grade.json" ]
  exit
fi

${note(sentence('Without the right to mount, each submission gets a virtual machine (QEMU).'))}
if unshare --mount true 2>/dev/null; then
  grade() { program lab grade --each "$submissions/$1" --out "$2" --timeout ${seconds} "\${@:3}"; }
else
  grade() {
    program vm --checkout --share "$submissions:/submissions:ro" --share "$2:/result" -- \\
      stepbox lab grade --each "/submissions/$1" --out /result --timeout ${seconds * emulation} \\
      "\${@:3}"
  }
fi
scratch=$(mktemp -d) || exit
trap 'rm -rf -- "$scratch"' EXIT
export STEPBOX_ROOT=$scratch/data TMPDIR=$scratch
export STEPBOX_CACHE=\${STEPBOX_CACHE:-$scratch/cache}
program import --busybox >"$scratch/image" || exit

${note(sentence('Task $1 grades each submission whose number leaves the remainder $1.'))}
lost=0
for ((at = $1; at < \${#names[@]}; at += tasks)); do
  result=$results/$(printf %05d "$at")
  rm -rf -- "$result" && mkdir -p -- "$result" || exit
  grade "\${names[at]}" "$result" --chapter ${chapter} --jobs 1
  ${note(goodEnd, 2)}
  [ -s "$result/grade.json" ] || lost=1
done
exit "$lost"
`
}

const goodEnd = sentence(
  'A bad mark is a good end of the task; without a grade.json it is run again.',
)
