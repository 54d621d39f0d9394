/** A class's grading as a job for a cluster: options in, the text of one file out. */
import { githubWorkflow } from './github.ts'
import { kubernetesJob } from './kubernetes.ts'
import { emulation, type Job, type JobOptions } from './options.ts'
import { slurmScript } from './slurm.ts'

/** A cluster that jobs are written for. */
export interface Cluster {
  /** What the file is usually called. */
  file: string
  /** No cluster of this kind takes more tasks in one job. */
  mostTasks: number
  /** Tasks at once, if nothing else is asked for. */
  atOnce: number
  write: (job: Job) => string
}

export const clusters: Record<'kubernetes' | 'slurm' | 'github', Cluster> = {
  kubernetes: {
    file: 'stepbox-grade.yaml',
    mostTasks: 10_000,
    atOnce: 10,
    write: kubernetesJob,
  },
  // MaxArraySize is 1001 unless a cluster says otherwise (slurm.conf(5)).
  slurm: { file: 'stepbox-grade.sbatch', mostTasks: 1000, atOnce: 10, write: slurmScript },
  // A matrix has 256 jobs at most; 20 run at once in a free account.
  github: {
    file: '.github/workflows/stepbox-grade.yml',
    mostTasks: 20,
    atOnce: 20,
    write: githubWorkflow,
  },
}

/** The file for `cluster`. The same options give the same bytes. */
export function jobFor(cluster: Cluster, options: JobOptions): string {
  const { names, seconds } = options
  if (names.length === 0) throw new Error('there is no submission to grade')
  const tasks = Math.min(options.tasks ?? names.length, names.length, cluster.mostTasks)
  const atOnce = Math.min(options.atOnce ?? cluster.atOnce, tasks)
  const each = Math.ceil(names.length / tasks)
  const minutes = 5 + Math.ceil((each * seconds * emulation) / 60)
  return cluster.write({ ...options, tasks, atOnce, minutes })
}
