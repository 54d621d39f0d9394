/** Style sheets are imported as text; see book/scripts.ts. */
declare module '*.css' {
  const text: string
  export default text
}
