/** The job for Slurm: one batch script, which is an array job and its own collection. */
import { sentence } from '../../sentence.ts'
import { notesIn } from './comment.ts'
import type { Job } from './options.ts'
import { gradingScript } from './shell.ts'

/** The text of the batch script. See sbatch(1). */
export function slurmScript(job: Job): string {
  const { tasks, atOnce, minutes, names, chapter, say } = job
  const note = notesIn(say)
  const count = names.length
  return `#!/bin/bash
${note(sentence('Grades {count} submissions of chapter {chapter} with Slurm.', { count, chapter }))}
#
${note(layout)}
#   id=$(sbatch --parsable stepbox-grade.sbatch)
#   sbatch --array=0 --dependency=afterany:$id stepbox-grade.sbatch collect
${note(sentence('The second job waits for the first, however it ends, and writes results/class/.'))}
#
${note(nodes)}
#
#SBATCH --job-name=stepbox-grade
#SBATCH --array=0-${tasks - 1}%${atOnce}
#SBATCH --nodes=1
#SBATCH --ntasks=1
#SBATCH --cpus-per-task=2
${note(sentence('A virtual machine of 1 GB, QEMU itself, and Node.'))}
#SBATCH --mem=2G
#SBATCH --time=${clock(minutes)}
#SBATCH --output=stepbox-grade-%A_%a.log

set -- "\${1-\${SLURM_ARRAY_TASK_ID-}}"
if [ -z "$1" ]; then
  echo "usage: sbatch $0, or for one task: SLURM_ARRAY_TASK_ID=0 bash $0" >&2
  exit 2
fi
${gradingScript(job)}`
}

const layout = sentence(
  'Run it in a directory that all nodes see, with stepbox/ (a checkout after npm run setup) and ' +
    'submissions/ in it:',
)

const nodes = sentence(
  'What a node needs: Node 20.19 or newer and, as your jobs are not run by root, QEMU ' +
    '(qemu-system-x86) for virtual machines. That takes no privilege, no /dev/kvm and no ' +
    'user namespaces.',
)

/** `01:05:00`. */
function clock(minutes: number): string {
  const two = (value: number) => String(value).padStart(2, '0')
  return `${two(Math.floor(minutes / 60))}:${two(minutes % 60)}:00`
}
