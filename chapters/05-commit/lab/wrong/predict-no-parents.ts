// finds prediction
// The directories on the way are forgotten.
export const predictedPaths: string[] = [
  'bin/.wh.vi',
  'etc/passwd',
  'tmp',
  'var',
  'var/.wh..wh..opq',
  'var/new',
]
