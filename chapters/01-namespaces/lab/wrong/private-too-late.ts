// finds mounts-stay-inside
// /proc is mounted first, then the mounts are made private.
export function privateMounts(): Step[] {
  return [
    step(['mount', 'proc', '/proc', 'proc', [], null], 'own /proc'),
    step(['mount', null, '/', null, ['MS_REC', 'MS_PRIVATE'], null], 'private'),
  ]
}
