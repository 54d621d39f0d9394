// finds hop
// A gateway is not asked for.
export function nextHop(routes: string, address: string): string {
  const number = (text: string) => text.split('.').reduce((sum, part) => sum * 256 + +part, 0)
  const found = routes.split('\n').filter(Boolean).map((line) => {
    const [to = '', ...words] = line.split(' ')
    const [subnet = '', prefix = '32'] = (to === 'default' ? '0.0.0.0/0' : to).split('/')
    const after = (word: string) => words.find((_, at) => words[at - 1] === word)
    return { subnet, prefix: +prefix, device: after('dev'), gateway: after('via') }
  })
  const fitting = found.filter(({ subnet, prefix }) => {
    const size = 2 ** (32 - prefix)
    return Math.floor(number(subnet) / size) === Math.floor(number(address) / size)
  })
  const [best] = fitting.sort((a, b) => b.prefix - a.prefix)
  return best ? `${best.device} ${address}` : ''
}
