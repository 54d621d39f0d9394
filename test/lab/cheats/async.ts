// never gives its answer: is async
export async function plan() {
  await new Promise(() => {})
}
