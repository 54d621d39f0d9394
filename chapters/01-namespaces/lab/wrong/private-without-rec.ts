// finds mounts-stay-inside
// Only / is made private.
export function privateMounts(): Step[] {
  return [step(['mount', null, '/', null, ['MS_PRIVATE'], null], 'private')]
}
