// finds prediction
// A directory that was made anew is thought to have whiteouts in it.
export const predictedPaths: string[] = [
  'bin',
  'bin/.wh.vi',
  'etc',
  'etc/passwd',
  'tmp',
  'var',
  'var/.wh.tmp',
  'var/new',
]
