/** The job for Kubernetes: an Indexed Job, the volume that it works on, and the collection. */
import { sentence } from '../../sentence.ts'
import { indented, notesIn } from './comment.ts'
import type { Job } from './options.ts'
import { gradingScript } from './shell.ts'

/** All objects as one YAML stream, for `kubectl apply -f`. They live in one namespace. */
export function kubernetesJob(job: Job): string {
  return [introduction(job), place(job), script(job), grading(job), collection(job)].join('---\n')
}

function introduction({ names, chapter, tasks, atOnce, minutes, say }: Job): string {
  const note = notesIn(say)
  const longest = minutes * Math.ceil(tasks / atOnce)
  const values = { count: names.length, chapter }
  return `${note(
    sentence('Grades {count} submissions of chapter {chapter} on a Kubernetes cluster.', values),
  )}
#
${note(steps.make)}
#      kubectl apply -f stepbox-grade.yaml
${note(sentence('2. Copy the checkout (after npm run setup) and the submissions to the volume:'))}
#      kubectl -n stepbox-grade wait --for=condition=Ready pod/files
#      kubectl -n stepbox-grade cp stepbox files:/data/stepbox
#      kubectl -n stepbox-grade cp submissions files:/data/submissions
${note(steps.grade)}
#      kubectl -n stepbox-grade patch job grade -p '{"spec":{"suspend":false}}'
#      kubectl -n stepbox-grade wait --for=condition=Complete job/grade --timeout=${longest}m
${note(sentence('4. Collect all grades into one, and fetch it:'))}
#      kubectl -n stepbox-grade patch job collect -p '{"spec":{"suspend":false}}'
#      kubectl -n stepbox-grade wait --for=condition=Complete job/collect
#      kubectl -n stepbox-grade cp files:/data/results results
${note(sentence('5. Remove everything: kubectl delete namespace stepbox-grade'))}
#
${note(privileges)}
`
}

const privileges = sentence(
  'Privileges: grading makes mounts, namespaces and control groups, so its pods are privileged, ' +
    'which the label of the namespace allows. They reach no network and get no token of the ' +
    'cluster; what a submission says is carried out in a sandbox inside. If your cluster forbids ' +
    'privileged pods, take out both lines with "privileged" and set an image that has QEMU ' +
    '(qemu-system-x86): the script then grades in virtual machines, without any privilege.',
)

/** The namespace, the volume, the pod to copy with, and the wall around all of them. */
function place({ say }: Job): string {
  const note = notesIn(say)
  return `apiVersion: v1
kind: Namespace
metadata:
  name: stepbox-grade
  labels:
    pod-security.kubernetes.io/enforce: privileged
---
${note(shared)}
apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: class
  namespace: stepbox-grade
spec:
  accessModes: [ReadWriteMany]
  resources:
    requests:
      storage: 5Gi
---
${note(sentence('No pod of this namespace sends or receives anything.'))}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: no-network
  namespace: stepbox-grade
spec:
  podSelector: {}
  policyTypes: [Ingress, Egress]
---
apiVersion: v1
kind: Pod
metadata:
  name: files
  namespace: stepbox-grade
spec:
  automountServiceAccountToken: false
  containers:
    - name: files
      image: node:22-bookworm
      command: [sleep, infinity]
      volumeMounts:
        - { name: class, mountPath: /data }
  volumes:
    - name: class
      persistentVolumeClaim: { claimName: class }
`
}

function script(job: Job): string {
  return `apiVersion: v1
kind: ConfigMap
metadata:
  name: script
  namespace: stepbox-grade
data:
  grade.sh: |
${indented(gradingScript(job), 4)}`
}

function grading(job: Job): string {
  const { tasks, atOnce, minutes, say } = job
  const note = notesIn(say)
  return `${note(indexes)}
apiVersion: batch/v1
kind: Job
metadata:
  name: grade
  namespace: stepbox-grade
spec:
  suspend: true
  completionMode: Indexed
  completions: ${tasks}
  parallelism: ${atOnce}
  backoffLimitPerIndex: 1
  maxFailedIndexes: ${tasks}
  template:
${indented(pod(job, 'grade', minutes * 60), 4)}`
}

function collection(job: Job): string {
  return `apiVersion: batch/v1
kind: Job
metadata:
  name: collect
  namespace: stepbox-grade
spec:
  suspend: true
  backoffLimit: 1
  template:
${indented(pod(job, 'collect', 600), 4)}`
}

/** The template of a pod. Only `grade` is privileged. */
function pod({ say }: Job, name: 'grade' | 'collect', seconds: number): string {
  const note = notesIn(say)
  const isPrivileged = name === 'grade'
  const task = isPrivileged ? '"$JOB_COMPLETION_INDEX"' : 'collect'
  return `spec:
  restartPolicy: Never
  activeDeadlineSeconds: ${seconds}
  automountServiceAccountToken: false
  enableServiceLinks: false
  containers:
    - name: ${name}
      image: node:22-bookworm
      command: [bash, -c, 'exec bash /job/grade.sh ${task}']
      env:
        - { name: STEPBOX, value: /data/stepbox }
        - { name: SUBMISSIONS, value: /data/submissions }
        - { name: RESULTS, value: /data/results }
        - { name: TMPDIR, value: /scratch }
${isPrivileged ? '      securityContext:\n        privileged: true\n' : ''}      resources:
        requests: { cpu: '1', memory: 1Gi }
        limits: { memory: 2Gi }
      volumeMounts:
        - { name: class, mountPath: /data/stepbox, subPath: stepbox, readOnly: true }
        - { name: class, mountPath: /data/submissions, subPath: submissions, readOnly: true }
        - { name: class, mountPath: /data/results, subPath: results }
        - { name: script, mountPath: /job, readOnly: true }
        - { name: scratch, mountPath: /scratch }
  volumes:
    - name: class
      persistentVolumeClaim: { claimName: class }
    - name: script
      configMap: { name: script }
    ${note(onDisk, 4)}
    - name: scratch
      emptyDir: { sizeLimit: 2Gi }
`
}

const steps = {
  make: sentence(
    '1. Make the namespace, the volume and a pod to copy with; both jobs are still suspended:',
  ),
  grade: sentence(
    '3. Grade. The job ends as Failed if a submission could not be graded; go on all the same:',
  ),
}

const shared = sentence(
  'ReadWriteMany, as pods of several nodes use it: NFS, CephFS, EFS. On one node, ' +
    'ReadWriteOnce will do.',
)

const indexes = sentence(
  'One index for each task; each is tried twice, and one that fails stops no other.',
)

const onDisk = sentence(
  'On the disk of the node: an overlay cannot have another overlay as its write layer.',
)
