// finds read-only
// It is not made read-only.
export function openTrees({ volumes }: Pick<PlanOptions, 'volumes'>): Step[] {
  return inOrder(volumes).filter((each) => each.type === 'tree').flatMap(opened)
}

function inOrder(volumes: PlannedMount[] = []): PlannedMount[] {
  const depth = ({ target }: PlannedMount) => target.split('/').length
  return volumes.toSorted((a, b) => depth(a) - depth(b))
}

function opened(tree: PlannedTree, at: number): Step[] {
  const { source, propagation, readOnly } = tree
  const fd = 128 + at
  const all: 'AT_RECURSIVE'[] = ['AT_RECURSIVE']
  const kind = propagation === 'rslave' ? 'MS_SLAVE' : 'MS_PRIVATE'
  return [
    step(['open_tree_as', source, ['OPEN_TREE_CLONE', ...all, 'OPEN_TREE_CLOEXEC'], fd], 'a copy'),
    ...(propagation === 'rshared' ? [] : [step(['mount_setattr_tree', fd, all, [], [kind]], 'kind')]),
  ]
}
