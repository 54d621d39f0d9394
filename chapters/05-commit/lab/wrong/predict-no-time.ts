// finds prediction
// The directory whose time has changed is forgotten.
export const predictedPaths: string[] = [
  'bin',
  'bin/.wh.vi',
  'etc',
  'etc/passwd',
  'var',
  'var/.wh..wh..opq',
  'var/new',
]
