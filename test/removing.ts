/** Tests. A process that deletes a tree, and says whether it is gone. */
import { removeTree } from '../runtime/remove-tree.ts'

void removeTree(process.argv[2] ?? '').then((remains) => console.log(remains ?? 'deleted'))
