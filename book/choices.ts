/** Questions with choices: details that follow each other, of which one is right. */

/** How the reply to a choice begins, in both languages. */
const right = /^<p><strong>(Yes|对)[.。]?<\/strong>/
const wrong = /^<p><strong>(No|不对)[.。]?<\/strong>/

const folded = /<details><summary>([^]*?)<\/summary>\s*([^]*?)<\/details>\s*/g
const several = /(?:<details><summary>(?:(?!<details)[^])*?<\/details>\s*){2,}/g

/**
 * `html` with such details as groups, of which a browser opens one at a time. A group is one of
 * choices only if each reply begins with yes or no.
 */
export function withChoices(html: string): string {
  let count = 0
  return html.replace(several, (group) => {
    const choices = [...group.matchAll(folded)]
    const isQuestion = choices.every(([, , reply = '']) => right.test(reply) || wrong.test(reply))
    if (!isQuestion) return group
    const name = `question-${++count}`
    const items = choices.map(([, summary, reply = '']) => {
      const kind = right.test(reply) ? 'right' : 'wrong'
      const head = `<details name="${name}" class="choice ${kind}">`
      return `${head}<summary><span>${summary}</span></summary>\n${reply}</details>`
    })
    return `<div class="choices">\n${items.join('\n')}\n</div>\n`
  })
}
