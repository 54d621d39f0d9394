// brings tests that are always right: exports no plan
export const test = () => ({ status: 'pass' })
export const checks = []
