/** The job for GitHub Actions: a workflow with a matrix of tasks, and a job that collects. */
import { sentence } from '../../sentence.ts'
import { indented, notesIn } from './comment.ts'
import type { Job } from './options.ts'
import { gradingScript } from './shell.ts'

/** The text of the workflow file. */
export function githubWorkflow(job: Job): string {
  const { names, chapter, tasks, atOnce, minutes, say } = job
  const note = notesIn(say)
  const values = { count: names.length, chapter }
  return `${note(
    sentence('Grades {count} submissions of chapter {chapter} with GitHub Actions.', values),
  )}
#
${note(place)}
#
${note(privileges)}
name: Stepbox grades
on: workflow_dispatch
permissions:
  contents: read
concurrency:
  group: stepbox-grade
env:
  GRADE: |
${indented(gradingScript(job), 4)}
jobs:
  grade:
    runs-on: ubuntu-24.04
    timeout-minutes: ${minutes + 10}
    strategy:
      ${note(sentence('One submission that cannot be graded stops no other.'), 6)}
      fail-fast: false
      max-parallel: ${atOnce}
      matrix:
        task: [${Array.from({ length: tasks }, (_, task) => task).join(', ')}]
    steps:
${indented(checkouts(job), 6)}
      - name: Set up
        working-directory: stepbox
        run: sudo env "PATH=$PATH" npm run --silent setup
      - name: Grade
        run: |
          printf '%s\\n' "$GRADE" >"$RUNNER_TEMP/grade.sh"
          sudo env "PATH=$PATH" SUBMISSIONS="$PWD/class/submissions" \\
            bash "$RUNNER_TEMP/grade.sh" \${{ matrix.task }}
      - name: Keep the grades
        if: \${{ !cancelled() }}
        uses: actions/upload-artifact@v4
        with:
          name: results-\${{ matrix.task }}
          path: results
  collect:
    needs: grade
    ${note(sentence('Also if a task has failed: its submissions are named as not graded.'), 4)}
    if: \${{ !cancelled() }}
    runs-on: ubuntu-24.04
    timeout-minutes: 15
    steps:
${indented(checkouts(job), 6)}
      - name: Set up
        working-directory: stepbox
        run: sudo env "PATH=$PATH" npm run --silent setup
      - uses: actions/download-artifact@v4
        with:
          pattern: results-*
          path: results
          merge-multiple: true
      - name: Collect
        run: |
          printf '%s\\n' "$GRADE" >"$RUNNER_TEMP/grade.sh"
          mkdir -p results
          bash "$RUNNER_TEMP/grade.sh" collect | tee -a "$GITHUB_STEP_SUMMARY"
      - uses: actions/upload-artifact@v4
        with:
          name: grades
          path: results
`
}

const place = sentence(
  'Put it into a repository whose directory submissions/ has one directory for each submission, ' +
    'as .github/workflows/stepbox-grade.yml, and start it under Actions. The repository of ' +
    'Stepbox is taken from the variable STEPBOX_REPOSITORY (Settings, Variables): owner/name.',
)

const privileges = sentence(
  'Privileges: the machines of GitHub let a job become root with sudo, which grading needs to ' +
    'make mounts, namespaces and control groups. The submissions run in a sandbox inside, ' +
    'without network; the token of the job can only read, and is not kept in the checkout.',
)

/** The steps that both jobs begin with. */
function checkouts({ say }: Job): string {
  const note = notesIn(say)
  return `- uses: actions/checkout@v4
  with:
    path: class
    persist-credentials: false
${note(sentence('Stepbox itself, from another repository.'))}
- uses: actions/checkout@v4
  with:
    repository: \${{ vars.STEPBOX_REPOSITORY }}
    path: stepbox
    persist-credentials: false
- uses: actions/setup-node@v4
  with:
    node-version: 22
`.trimEnd()
}
